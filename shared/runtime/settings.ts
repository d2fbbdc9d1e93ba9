import { z } from 'zod'
import type { Script } from './scripts.ts'

/** One setting: its environment name, how it is read, its default, and the sentence that the README shows. */
export type Setting = { env: string; key: string; schema: z.ZodType; default: string; description: string }

/** Set and empty, as a deployment's unset variable leaves it, is no 0: that would mean a port picked at random, or no quota. */
const filled = z.string().refine((v) => v.trim() !== '', 'must be a number')
const whole = (min: number, max: number) => filled.pipe(z.coerce.number<string>().int().min(min).max(max))
const port = whole(0, 65_535)
const flag = z.enum(['true', 'false', '1', '0']).transform((v) => v === 'true' || v === '1')
const list = z.string().transform((v) =>
  v
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean),
)
/** `https://shop.example`, `https://*.example.com:8443` or `*`: what a browser sends as Origin has a scheme and no path. */
const origins = list.refine(
  (all) => all.every((one) => /^(\*|[a-z][a-z0-9+.-]*:\/\/[^\s/?#@]+)$/i.test(one)),
  'must be origins such as https://shop.example, without a path, several with commas',
)
const optionalUrl = (protocols: string[]) =>
  z
    .string()
    .refine((v) => v === '' || protocols.some((p) => v.startsWith(p)), `must start with ${protocols.join(' or ')}`)

const setting = <T extends z.ZodType>(env: string, key: string, schema: T, fallback: string, description: string) => ({
  env,
  key,
  schema,
  default: fallback,
  description,
})

/** All settings, in the order of the README's table. A test keeps the two equal. */
export const settings = {
  dataDir: setting(
    'PLUMBLINE_DATA_DIR',
    'data_dir',
    z.string().min(1),
    './data',
    'Folder of the embedded engine, the ingest log and the state.',
  ),
  clickhouseUrl: setting(
    'PLUMBLINE_CLICKHOUSE_URL',
    'clickhouse_url',
    optionalUrl(['http://', 'https://']),
    '',
    'ClickHouse server, `http://user:password@host:8123/database`. Unset: the embedded engine.',
  ),
  clickhousePassword: setting(
    'PLUMBLINE_CLICKHOUSE_PASSWORD',
    'clickhouse_password',
    z.string(),
    '',
    'Password for that server as it is; in the URL it would have to be percent-encoded.',
  ),
  clickhouseCluster: setting(
    'PLUMBLINE_CLICKHOUSE_CLUSTER',
    'clickhouse_cluster',
    z.string().regex(/^[A-Za-z0-9_]*$/, 'may hold letters, digits and _'),
    '',
    'Name of a ClickHouse cluster: tables become replicated, DDL runs `ON CLUSTER`.',
  ),
  stateUrl: setting(
    'PLUMBLINE_STATE_URL',
    'state_url',
    optionalUrl(['postgres://', 'postgresql://']),
    '',
    'PostgreSQL for the state, `postgres://…`. Unset: SQLite in the data folder.',
  ),
  statePassword: setting(
    'PLUMBLINE_STATE_PASSWORD',
    'state_password',
    z.string(),
    '',
    'Password for that PostgreSQL as it is; in the URL it would have to be percent-encoded.',
  ),
  otlpHttpPort: setting('PLUMBLINE_OTLP_HTTP_PORT', 'otlp_http_port', port, '4318', 'OTLP/HTTP. 0 picks a free port.'),
  otlpGrpcPort: setting('PLUMBLINE_OTLP_GRPC_PORT', 'otlp_grpc_port', port, '4317', 'OTLP/gRPC. 0 picks a free port.'),
  webPort: setting('PLUMBLINE_WEB_PORT', 'web_port', port, '8080', 'API and console. 0 picks a free port.'),
  host: setting(
    'PLUMBLINE_HOST',
    'host',
    z.string().min(1),
    '127.0.0.1',
    'Address to listen on. Anything but loopback needs keys.',
  ),
  publicUrl: setting(
    'PLUMBLINE_PUBLIC_URL',
    'public_url',
    optionalUrl(['http://', 'https://']),
    '',
    "Address of the console as on-call reaches it, for links in alerts. Unset: the web target's own URL.",
  ),
  allowPrivateTargets: setting(
    'PLUMBLINE_ALLOW_PRIVATE_TARGETS',
    'allow_private_targets',
    list,
    '',
    'Networks (CIDR, comma-separated) that a webhook may reach although they are private.',
  ),
  durability: setting(
    'PLUMBLINE_DURABILITY',
    'durability',
    z.enum(['fsync', 'os']),
    'fsync',
    '`fsync`: a 200 survives a power cut. `os`: it survives a crash of Plumbline only.',
  ),
  ingestLogMib: setting(
    'PLUMBLINE_INGEST_LOG_MIB',
    'ingest_log_mib',
    whole(16, 1_048_576),
    '512',
    'Cap of the ingest log, MiB. Beyond it senders are told to wait (503).',
  ),
  absorbResends: setting(
    'PLUMBLINE_ABSORB_RESENDS',
    'absorb_resends',
    flag,
    'true',
    'A body equal byte for byte to one of the last 15 minutes is answered and not stored again. `false`: each is stored.',
  ),
  maxBodyMib: setting(
    'PLUMBLINE_MAX_BODY_MIB',
    'max_body_mib',
    whole(1, 512),
    '64',
    'Largest OTLP request, MiB, also after inflation; JSON at most 16.',
  ),
  keyMibPerSecond: setting(
    'PLUMBLINE_KEY_MIB_PER_SECOND',
    'key_mib_per_second',
    filled.pipe(z.coerce.number<string>().min(0).max(10_000)),
    '32',
    'OTLP that one key may send, MiB a second as sent; beyond it 429 with Retry-After. 0: no quota. None on loopback.',
  ),
  corsOrigins: setting(
    'PLUMBLINE_CORS_ORIGINS',
    'cors_origins',
    origins,
    '',
    'Origins whose browser code may send OTLP, comma-separated; `https://*.example.com` works.',
  ),
  tlsCert: setting(
    'PLUMBLINE_TLS_CERT',
    'tls_cert',
    z.string(),
    '',
    'PEM certificate for OTLP/HTTP, OTLP/gRPC and web.',
  ),
  tlsKey: setting('PLUMBLINE_TLS_KEY', 'tls_key', z.string(), '', 'PEM private key that belongs to it.'),
  retentionDays: setting(
    'PLUMBLINE_RETENTION_DAYS',
    'retention_days',
    whole(1, 3650),
    '30',
    'How long raw telemetry is kept, days. Rollups are kept four times as long.',
  ),
  sensitivity: setting(
    'PLUMBLINE_SENSITIVITY',
    'sensitivity',
    z.enum(['low', 'normal', 'high']),
    'normal',
    'How small a change is reported.',
  ),
  settleMinutes: setting(
    'PLUMBLINE_SETTLE_MINUTES',
    'settle_minutes',
    whole(0, 120),
    '1',
    'Minutes after the first request of a new version that are not judged.',
  ),
  watchMinutes: setting(
    'PLUMBLINE_WATCH_MINUTES',
    'watch_minutes',
    whole(2, 1440),
    '60',
    'How long a deploy is watched after it began.',
  ),
  detectEveryS: setting(
    'PLUMBLINE_DETECT_EVERY_S',
    'detect_every_s',
    filled.pipe(z.coerce.number<string>().min(1).max(3600)),
    '10',
    'Seconds between detector passes.',
  ),
  logLevel: setting(
    'PLUMBLINE_LOG_LEVEL',
    'log_level',
    z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']),
    'info',
    "Level of Plumbline's own log.",
  ),
  selfTelemetry: setting(
    'PLUMBLINE_SELF_TELEMETRY',
    'self_telemetry',
    flag,
    'false',
    "Send Plumbline's own traces and metrics by OTLP, configured by the usual `OTEL_*` variables.",
  ),
} as const

/** Every setting, and `scripts`, which only the file may name. */
export type Config = { [K in keyof typeof settings]: z.output<(typeof settings)[K]['schema']> } & { scripts: Script[] }
