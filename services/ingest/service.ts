import { join } from 'node:path'
import { type Listening, listen } from '../../shared/runtime/http.ts'
import { type Loop, startLoop } from '../../shared/runtime/loop.ts'
import { type Pressure, watchPressure } from '../../shared/runtime/pressure.ts'
import type { Context, ServiceFactory } from '../../shared/runtime/service.ts'
import { Admission, defaultAdmission } from './admission.ts'
import { aloneInThread } from './alone-worker.ts'
import { type Files, systemFiles } from './log/files.ts'
import { Room } from './log/room.ts'
import { type IngestMetrics, ingestMetrics, watchGauges } from './metrics.ts'
import { openPipeline, type Pipeline } from './pipeline.ts'
import { authorizeBy } from './transport/authorize.ts'
import { type GrpcListening, listenGrpc } from './transport/grpc.ts'
import { httpListener, type TransportOptions } from './transport/http.ts'

const MIB = 1024 * 1024
const DAY_MS = 86_400_000
/** What does not get into the tables in this time waits in the log. */
const STOP_GRACE_MS = 8000
const REQUEST_GRACE_MS = 3000
/** A disk that fills at 200 MB/s takes as long for the last GiB. */
const DISK_CHECK_MS = 5000
/** Larger JSON bodies hold up the event loop for too long: 14 MiB take a quarter of a second. */
const MAX_JSON_BYTES = 16 * MIB

type Parts = {
  pipeline: Pipeline
  watch: Loop
  pressure: Pressure
  admission: Admission
  http: Listening
  grpc: GrpcListening
}

const tlsOf = ({ tlsCert, tlsKey }: Context['config']) =>
  tlsCert && tlsKey ? { cert: tlsCert, key: tlsKey } : undefined

async function startPipeline(context: Context, metrics: IngestMetrics, files: Files, room: Room): Promise<Pipeline> {
  const { config } = context
  const limits = { retentionMs: config.retentionDays * DAY_MS }
  return await openPipeline({
    ...context,
    limits,
    alone: aloneInThread(limits),
    metrics,
    files,
    room,
    durability: config.durability,
    absorbResends: config.absorbResends,
    logBytes: config.ingestLogMib * MIB,
  })
}

async function listenAll(context: Context, options: TransportOptions, pipeline: Pipeline) {
  const { config, clock, urls } = context
  const tls = tlsOf(config)
  const listener = httpListener(options, config.corsOrigins)
  const { host } = config
  const http = await listen(listener, { host, port: config.otlpHttpPort, name: 'OTLP/HTTP', tls })
  const isServing = () => pipeline.ingestLog.refusal() === null
  try {
    const grpc = await listenGrpc({ ...options, clock, host, port: config.otlpGrpcPort, tls, isServing })
    urls.otlpHttp = http.url
    urls.otlpGrpc = grpc.url
    return { http, grpc }
  } catch (error) {
    await http.close(0)
    throw error
  }
}

async function startParts(context: Context): Promise<Parts> {
  const { config } = context
  const metrics = ingestMetrics(context.metrics)
  const files = systemFiles(join(config.dataDir, 'log'))
  const room = new Room(files, context.log)
  const pipeline = await startPipeline(context, metrics, files, room)
  const watch = startLoop({ ...context, name: 'ingest disk', everyMs: DISK_CHECK_MS, run: () => room.check() })
  const { ingestLog } = pipeline
  const pressure = watchPressure()
  const logShare = () => ingestLog.backlogBytes / ingestLog.capBytes
  const isBehind = () => pipeline.acceptor.isBehind
  const admission = new Admission({ ...defaultAdmission, pressure, logShare, isBehind })
  const options: TransportOptions = {
    acceptor: pipeline.acceptor,
    admission,
    authorize: authorizeBy(context),
    maxBodyBytes: config.maxBodyMib * MIB,
    maxJsonBytes: MAX_JSON_BYTES,
    metrics,
    log: context.log,
  }
  watchGauges(context.metrics, {
    logBytes: () => ingestLog.backlogBytes,
    logAgeSeconds: () => (ingestLog.oldestMs === null ? 0 : (context.clock.nowMs() - ingestLog.oldestMs) / 1000),
    inFlightBytes: () => admission.inFlightBytes,
  })
  try {
    return { pipeline, watch, pressure, admission, ...(await listenAll(context, options, pipeline)) }
  } catch (error) {
    pressure.stop()
    await watch.stop()
    await pipeline.stop(0)
    throw error
  }
}

/** Takes OTLP, keeps it in the log, and brings it into the tables. */
export const ingest: ServiceFactory = (context) => {
  let parts: Parts | null = null
  return {
    name: 'ingest',
    start: async () => {
      parts = await startParts(context)
    },
    stop: async () => {
      if (!parts) return
      const { admission, http, grpc, pipeline, watch, pressure } = parts
      parts = null
      admission.close()
      await Promise.all([http.close(REQUEST_GRACE_MS), grpc.close(REQUEST_GRACE_MS)])
      await watch.stop()
      await pipeline.stop(STOP_GRACE_MS)
      pressure.stop()
    },
    notReady: () => {
      if (!parts) return 'ingest does not run'
      const { pipeline } = parts
      return pipeline.ingestLog.refusal()
    },
  }
}
