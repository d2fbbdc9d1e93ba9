import { expect, it } from 'vitest'
import { Batches, type SealedBlock } from '../../../services/ingest/decode/index.ts'
import { migrate, readMigrations, variablesFor } from '../../../shared/store/migrate.ts'
import type { Store } from '../../../shared/store/store.ts'
import { signals } from '../../support/ledger.ts'
import { encodeRequest, requestOf, type SignalName } from '../../support/otlp.ts'
import { until } from '../../support/wait.ts'

/** A store on an engine of its own, and how that engine is restarted; null where it is not ours to restart. */
export type StoreBed = { store: Store; restart: null | (() => Promise<void>) }

const migrations = readMigrations('migrations')
const migrateOn = (store: Store) => migrate(store, migrations, variablesFor({ cluster: '', retentionDays: 3650 }))

let batch = 100n

/** One sealed batch of a signal with these ids, as ingest makes it. */
function blockOf(signal: SignalName, ids: string[]): SealedBlock & { batch: bigint } {
  const batches = new Batches()
  batches.append(signal, 'protobuf', encodeRequest(signal, requestOf(signal, ids, Date.now())), Date.now())
  batch += 1n
  return { ...batches.seal(batches.open()[0]!.key, batch), batch }
}

const nativeOf = ({ table, columns, rows, native }: SealedBlock) => ({ table, columns, rows, bytes: native })
const idsOf = (name: string, count: number) => Array.from({ length: count }, (_, i) => `${name}-${i}`)

/** Reads no table, and runs until the limit of reads stops it, after 30 s: longer than a test here waits. */
const SLOW =
  'SELECT sum(arraySum(x -> sipHash64(number, x), range(50))) AS n FROM numbers(2000000000) WHERE NOT ignore({tag:String})'

const running = (store: Store, text: string) =>
  store
    .rows<{ n: string }>(
      `SELECT count() AS n FROM system.processes WHERE query LIKE '%numbers(2000000000)%' AND query LIKE '%${text}%' AND query NOT LIKE '%system.processes%'`,
    )
    .then(([row]) => Number(row?.n))

/** What every store must do, whichever engine stands behind it. */
export function storeContract(bed: () => StoreBed): void {
  const store = () => bed().store

  it('migrates an empty database, and does nothing the second time', async () => {
    expect(await migrateOn(store())).toEqual(migrations.map((m) => m.version))
    expect(await migrateOn(store())).toEqual([])
  })

  it('drops what is older than a retention that was made shorter, and keeps as long as one that was made longer', async () => {
    const keep = (retentionDays: number) => migrate(store(), migrations, variablesFor({ cluster: '', retentionDays }))
    const ttls = async () => {
      const sql = `SELECT name, extract(engine_full, 'TTL (.*?)( SETTINGS|$)') AS ttl FROM system.tables
        WHERE database = currentDatabase() AND name IN ('otel_logs', 'rollup_logs', 'touched_minutes') ORDER BY name`
      return (await store().rows<{ ttl: string }>(sql)).map((row) => row.ttl)
    }
    const left = () => store().rows("SELECT service FROM rollup_logs WHERE service LIKE 'kept-%' ORDER BY service")
    await store().exec(
      "INSERT INTO rollup_logs (minute, service, count) SELECT now() - toIntervalDay(d), concat('kept-', toString(d)), 1 FROM (SELECT arrayJoin([20, 40]) AS d)",
    )
    await keep(7)
    await until('row that goes', async () => ((await left()).length === 1 ? true : undefined))
    expect(await left()).toEqual([{ service: 'kept-20' }])
    const touched = 'toDateTime(noted_at) + toIntervalDay(3)'
    expect(await ttls()).toEqual(['toDateTime(Timestamp) + toIntervalDay(7)', 'minute + toIntervalDay(7 * 4)', touched])
    await keep(3650)
    expect(await ttls()).toEqual([
      'toDateTime(Timestamp) + toIntervalDay(3650)',
      'minute + toIntervalDay(3650 * 4)',
      touched,
    ])
  })

  it('refuses a database that is newer than the program', async () => {
    await expect(
      migrate(store(), migrations.slice(0, 1), variablesFor({ cluster: '', retentionDays: 1 })),
    ).rejects.toThrow(/Use a newer Plumbline/)
  })

  it('binds values as they are, whatever they hold', async () => {
    const nasty = [
      '',
      "it's",
      'a\\b',
      'tab\there',
      'line\nbreak',
      '"q"',
      '{x:String}',
      "'); DROP TABLE t --",
      'żółć 🦊',
      '\\N',
    ]
    for (const text of nasty) {
      const [row] = await store().rows('SELECT {t:String} AS t, length({t:String}) AS n', { t: text })
      expect(row).toEqual({ t: text, n: String(Buffer.byteLength(text)) })
    }
    expect(await store().rows('SELECT {list:Array(String)} AS list', { list: nasty })).toEqual([{ list: nasty }])
    expect(
      await store().rows(
        'SELECT {i:Int64} AS i, {u:UInt64} AS u, {b:Bool} AS b, {f:Float64} AS f, {z:Nullable(String)} AS z',
        {
          ...{ i: -9007199254740993n, u: 18446744073709551615n, b: true, f: 0.1, z: null },
        },
      ),
    ).toEqual([{ i: '-9007199254740993', u: '18446744073709551615', b: true, f: 0.1, z: null }])
  })

  it('takes lists of thousands of ids, and none', async () => {
    const ids = Array.from({ length: 3000 }, (_, i) => `dep_${String(i).padStart(26, '0')}`)
    const asked =
      "SELECT count() AS n FROM numbers(10) WHERE has({ids:Array(String)}, concat('dep_', leftPad(toString(number), 26, '0')))"
    expect(await store().rows(asked, { ids })).toEqual([{ n: '10' }])
    expect(await store().rows(asked, { ids: [] })).toEqual([{ n: '0' }])
  })

  it.each([
    'CREATE TABLE sneaked (a Int8) ENGINE = Memory',
    "INSERT INTO deploys (id) VALUES ('x')",
    'ALTER TABLE otel_logs DELETE WHERE 1',
    "SELECT * FROM file('/etc/passwd', 'LineAsString')",
    "SELECT * FROM url('http://127.0.0.1:1/', 'LineAsString')",
    'SELECT 1 SETTINGS max_execution_time = 0',
    'SET readonly = 0',
  ])('does not run as a read: %s', async (sql) => {
    await expect(store().rows(sql)).rejects.toThrow(/^cannot read: /)
    expect(await store().rows('SELECT 1 AS one')).toEqual([{ one: 1 }])
  })

  it('ends a read that answers too many rows with an error, not with half of them', async () => {
    await expect(store().rows('SELECT number FROM numbers(1000001)')).rejects.toThrow(/^cannot read: .*[Ll]imit/)
    for (let i = 0; i < 4; i++) expect(await store().rows('SELECT 1 AS one')).toEqual([{ one: 1 }])
  })

  it('says what is wrong with a statement, by its code', async () => {
    await expect(store().rows('SELECT * FROM no_such_table')).rejects.toThrow(/^cannot read: .*no_such_table/)
    const error = (await store()
      .exec('DROP TABLE no_such_table')
      .catch((e) => e)) as { code: string }
    expect(error.code).toBe('60')
  })

  it('keeps a setting to the statement that it stands in', async () => {
    const asked = "SELECT value FROM system.settings WHERE name = 'max_block_size'"
    const before = await store().rows(asked)
    await store().exec('CREATE TABLE settled (a Int8) ENGINE = MergeTree ORDER BY a')
    await store().exec('INSERT INTO settled SELECT 1 SETTINGS max_block_size = 7')
    expect(await store().rows(asked)).toEqual(before)
    expect(await store().rows('SELECT a FROM settled')).toEqual([{ a: 1 }])
  })

  it('inserts row objects, and nothing where there are none', async () => {
    await store().insert('settled', [])
    await store().insert('settled', [{ a: 2 }, { a: 3 }])
    expect(await store().rows('SELECT a FROM settled ORDER BY a')).toEqual([{ a: 1 }, { a: 2 }, { a: 3 }])
  })

  it.each(signals)('inserts a batch of %s as one part, counted by its number', async (signal) => {
    const block = blockOf(signal, idsOf(signal, 500))
    const insert = store().insertNative({ ...nativeOf(block), tag: `whole ${signal}` })
    expect(await store().isInserting(`another ${signal}`)).toBe(false)
    await insert
    const counted = await store().rows(
      `SELECT count() AS n, uniqExact(_part) AS parts FROM ${block.table} WHERE _batch = {batch:UInt64}`,
      { batch: block.batch },
    )
    expect(counted).toEqual([{ n: '500', parts: '1' }])
    expect(await store().isInserting(`whole ${signal}`)).toBe(false)
  })

  it.each([
    { mib: 20, type: 'Compact', says: 'one file for all columns while a part is small' },
    { mib: 80, type: 'Wide', says: 'a file for each column beyond 64 MiB' },
  ])('has $says', async ({ mib, type }) => {
    await store().exec(
      `INSERT INTO otel_logs (Timestamp, Body, _batch) SELECT now64(9), randomString(1048576), ${mib} FROM numbers(${mib}) SETTINGS max_insert_threads = 1, max_block_size = 1000, min_insert_block_size_bytes = 0`,
    )
    const parts = await store().rows(
      'SELECT DISTINCT part_type AS type FROM system.parts WHERE active AND name IN (SELECT DISTINCT _part FROM otel_logs WHERE _batch = {batch:UInt64})',
      { batch: mib },
    )
    expect(parts).toEqual([{ type }])
  })

  it('indexes the words of log lines when they are merged, and finds them before and after', async () => {
    await store().exec('SYSTEM STOP MERGES otel_logs')
    const block = blockOf('logs', idsOf('unmerged', 200))
    await store().insertNative(nativeOf(block))
    const look = async () => {
      const [part] = await store().rows(
        `SELECT sum(secondary_indices_compressed_bytes) > 0 AS indexed FROM system.parts WHERE active AND name IN (SELECT DISTINCT _part FROM otel_logs WHERE _batch = ${block.batch})`,
      )
      const found = await store().rows(
        `SELECT count() AS n FROM otel_logs WHERE _batch = ${block.batch} AND lower(Body) LIKE '%unmerged-17%'`,
      )
      return { ...(part as object), found }
    }
    const found = [{ n: '11' }]
    expect(await look()).toEqual({ indexed: 0, found })
    await store().exec('SYSTEM START MERGES otel_logs')
    await store().exec('OPTIMIZE TABLE otel_logs FINAL')
    expect(await look()).toEqual({ indexed: 1, found })
  })

  it('inserts a slice of a batch: those rows and no others', async () => {
    const block = blockOf('traces', idsOf('slice', 10))
    await store().insertNative({ ...nativeOf(block), rows: 3, slice: { offset: 4, rows: 3 } })
    const rows = await store().rows<{ id: string }>(
      'SELECT StatusMessage AS id FROM otel_traces WHERE _batch = {batch:UInt64} ORDER BY id',
      { batch: block.batch },
    )
    expect(rows.map((row) => row.id)).toEqual(['slice-4', 'slice-5', 'slice-6'])
  })

  it('inserts nothing of a batch that is torn, and says so', async () => {
    const block = blockOf('logs', idsOf('torn', 100))
    const torn = block.native.subarray(0, block.native.length - 40)
    await expect(store().insertNative({ ...nativeOf(block), bytes: torn })).rejects.toThrow()
    const counted = `SELECT count() AS n FROM otel_logs WHERE _batch = ${block.batch}`
    expect(await store().rows(counted)).toEqual([{ n: '0' }])
  })

  it('keeps dead rows under their place, once however often they are told', async () => {
    const row = {
      table: 'otel_logs',
      batch: '7',
      row: 3,
      rows: 1,
      reason: "it's",
      noted_at: '1700000000.000',
      document: '{}',
    }
    await store().insert('dead_rows', [row])
    await store().insert('dead_rows', [row])
    expect(await store().rows('SELECT batch, row, reason FROM dead_rows FINAL')).toEqual([
      { batch: '7', row: 3, reason: "it's" },
    ])
  })

  it('ends a read in the engine when its reader gives up, and goes on with the next', async () => {
    const gone = new AbortController()
    const read = store().rows(SLOW, { tag: 'given up' }, gone.signal)
    const ended = expect(read).rejects.toThrow(/^cannot read: /)
    await until('slow read', async () => ((await running(store(), 'given up')) > 0 ? true : undefined))
    gone.abort()
    await ended
    await until('end of the slow read', async () => ((await running(store(), 'given up')) === 0 ? true : undefined))
    await expect(store().rows('SELECT 1 AS one', {}, gone.signal)).rejects.toThrow(/^cannot read: /)
    expect(await store().rows('SELECT {a:UInt8} AS one', { a: 1 })).toEqual([{ one: 1 }])
  })

  it('has on disk what it said it inserted, when the engine is killed and starts again', async (test) => {
    const { restart } = bed()
    if (!restart) return test.skip()
    const block = blockOf('traces', idsOf('kept', 200))
    await store().insertNative(nativeOf(block))
    await restart()
    const counted = `SELECT count() AS n FROM otel_traces WHERE _batch = ${block.batch}`
    expect(await store().rows(counted)).toEqual([{ n: '200' }])
    expect(await migrateOn(store())).toEqual([])
  })
}
