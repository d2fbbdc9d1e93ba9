import { apiPath, type Params } from '../lib/api.ts'
import { Icon } from './Icon.tsx'

/** The list that the page shows, as a file for a spreadsheet: one page of at most a thousand rows. */
export function Csv({ path, params }: { path: string; params: Params }) {
  return (
    <a className="button" href={apiPath(path, { ...params, limit: 1000, format: 'csv' })} download>
      <Icon name="table" size={14} /> CSV
    </a>
  )
}
