import type { RequestHandler } from 'express'
import { Counter, Histogram } from 'prom-client'
import type { Context } from '../../shared/runtime/service.ts'

export type WebMetrics = { of(path: string): RequestHandler }

/** Counts answers and their time per row of the table: paths of the table, never of a request. */
export function webMetrics(context: Pick<Context, 'metrics' | 'clock'>): WebMetrics {
  const registers = [context.metrics]
  const answers = new Counter({
    name: 'plumbline_web_answers_total',
    help: 'Answers of the API',
    labelNames: ['method', 'path', 'status'],
    registers,
  })
  const seconds = new Histogram({
    name: 'plumbline_web_answer_seconds',
    help: 'Time from a request to the end of its answer',
    labelNames: ['path'],
    buckets: [0.01, 0.05, 0.1, 0.3, 1, 3, 10],
    registers,
  })
  return {
    of: (path) => (request, response, next) => {
      const startedMs = context.clock.nowMs()
      response.once('close', () => {
        answers.inc({ method: request.method, path, status: response.statusCode })
        seconds.observe({ path }, Math.max(0, context.clock.nowMs() - startedMs) / 1000)
      })
      next()
    },
  }
}
