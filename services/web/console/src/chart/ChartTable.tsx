import { absolute, inUnit, sinceText } from '../lib/format.ts'
import { usePrefs } from '../lib/prefs.ts'
import type { Frame } from './align.ts'

/** The same numbers as the canvas, as a table: the newest 500 steps. */
export function ChartTable({ frame, label, since }: { frame: Frame; label: string; since: boolean }) {
  const { zone } = usePrefs()
  const rows = frame.xs
    .map((time, index) => ({ time, index }))
    .slice(-500)
    .reverse()
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrollable region must be reachable by keyboard
    <section className="table-scroll chart-table" aria-label={`${label} as a table`} tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col">Time</th>
            {frame.lines.map((line) => (
              <th key={line.title} scope="col" className="num">
                {line.label}
              </th>
            ))}
            {frame.band && (
              <th scope="col" className="num">
                Baseline
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ time, index }) => (
            <tr key={time}>
              <td>{since ? sinceText(time, frame.xs.at(-1) ?? 0) : absolute(time * 1000, zone)}</td>
              {frame.lines.map((line) => (
                <td key={line.title} className="num">
                  {inUnit(line.values[index], frame.unit)}
                </td>
              ))}
              {frame.band && (
                <td className="num">
                  {inUnit(frame.band.lower[index], frame.unit)} – {inUnit(frame.band.upper[index], frame.unit)}
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
