import { readdirSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mirrorDeploys } from '../../shared/store/deploys.ts'
import { type Bed, openBed } from '../support/embedded.ts'
import type { WebBed } from '../support/web.ts'
import { at, fillDeploys, fillTelemetry, fillTrace } from '../support/web-data.ts'

type Target = { rawSql: string; queryType: string; format: number; datasource: unknown }
type Panel = {
  id: number
  title: string
  type: string
  targets: Target[]
  gridPos: Record<'x' | 'y' | 'w' | 'h', number>
}
type Dashboard = {
  uid: string
  title: string
  templating: { list: { name: string; type: string; query: string }[] }
  annotations: { list: { name: string; target: Target }[] }
  panels: Panel[]
}

const folder = 'grafana/dashboards'
const dashboards = readdirSync(folder).map((file) => ({
  file,
  board: JSON.parse(readFileSync(`${folder}/${file}`, 'utf8')) as Dashboard,
}))

const FROM = "toDateTime('2026-03-01 10:00:00', 'UTC')"
const TO = "toDateTime('2026-03-01 12:00:00', 'UTC')"
const STEP_S = 60

/** A query as Grafana's ClickHouse data source sends it: macros and variables replaced. */
const expanded = (sql: string) =>
  sql
    .replace(/\$__timeFilter\(([\w.]+)\)/g, `$1 >= ${FROM} AND $1 <= ${TO}`)
    .replace(/\$__timeInterval\(([\w.]+)\)/g, `toStartOfInterval(toDateTime($1), INTERVAL ${STEP_S} second)`)
    .replace(/\$__conditionalAll\((.*?\)), \$\w+\)/g, '$1')
    .replaceAll('$__interval_s', String(STEP_S))
    .replace(/\$\{environment\}/g, 'production')
    .replace(/\$\{service:singlequote\}/g, "'checkout'")

const queries = dashboards.flatMap(({ file, board }) => [
  ...board.panels.flatMap((p) => p.targets.map((t) => [file, p.title, t.rawSql, p.type] as const)),
  ...board.annotations.list.map((a) => [file, `annotation ${a.name}`, a.target.rawSql, 'annotation'] as const),
  ...board.templating.list
    .filter((v) => v.type === 'query')
    .map((v) => [file, `variable ${v.name}`, v.query, 'variable'] as const),
])

let bed: Bed
beforeAll(async () => {
  bed = await openBed()
  const { store } = bed
  await fillTelemetry(bed as WebBed)
  await fillTrace(bed as WebBed)
  const { v1, v2 } = await fillDeploys(bed as WebBed)
  await mirrorDeploys(store, [v1, v2])
  const time = '2026-03-01 11:30:00.000000000'
  const place = { ServiceName: 'checkout', Environment: 'production', ReceivedAt: Date.parse(at(91)) }
  const masked = { 'plumbline.redacted': 'jwt' }
  await store.insert('otel_logs', [{ ...place, Timestamp: time, Body: 'x', LogAttributes: masked }])
  await store.insert('otel_metrics_gauge', [
    {
      ...place,
      TimeUnix: time,
      MetricName: 'load',
      SeriesId: 1,
      Value: 1,
      Attributes: { 'otel.metric.overflow': 'true' },
    },
  ])
  await store.insert('dead_rows', [
    { table: 'otel_logs', batch: 1, row: 0, rows: 9, reason: 'bad', noted_at: Date.parse(at(90)), document: '{}' },
  ])
})
afterAll(() => bed.close())

describe('a query of a dashboard', () => {
  it.each(queries)('of %s runs and finds something: %s', async (_file, _title, sql, type) => {
    const text = expanded(sql)
    expect(text).not.toMatch(/\$/)
    const rows = await bed.store.rows<Record<string, unknown>>(text)
    // By the wall clock a variable looks at the last week, and touched minutes are kept for three days.
    if (type === 'variable' || sql.includes('touched_minutes')) return
    expect(rows.length).toBeGreaterThan(0)
    if (type === 'timeseries' || type === 'annotation') expect(Object.keys(rows[0]!)).toContain('time')
    if (type === 'annotation') expect(Object.keys(rows[0]!)).toEqual(['time', 'text', 'tags'])
  })
})

describe('a dashboard', () => {
  it.each(dashboards.map(({ file, board }) => [file, board] as const))(
    '%s has ids of its own, no overlap, and asks for its data source',
    (_, board) => {
      expect(board.uid).toMatch(/^plumbline-/)
      expect(new Set(board.panels.map((p) => p.id)).size).toBe(board.panels.length)
      expect(board.templating.list[0]).toMatchObject({ name: 'datasource', query: 'grafana-clickhouse-datasource' })
      const cells = board.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
        Array.from({ length: w * h }, (_cell, i) => `${x + (i % w)},${y + Math.floor(i / w)}`),
      )
      expect(new Set(cells).size).toBe(cells.length)
      for (const { gridPos } of board.panels) expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24)
      for (const { targets } of board.panels)
        for (const t of targets) expect((t.datasource as { uid: string }).uid).toMatch(/^\$\{datasource\}$/)
    },
  )

  it('with services in it marks deploys', () => {
    const marked = dashboards.filter(({ board }) => board.annotations.list.some((a) => a.name === 'Deploys'))
    expect(marked.map(({ file }) => file).sort()).toEqual(['deploys.json', 'services.json'])
  })
})
