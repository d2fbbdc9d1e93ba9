import { useNavigate, useParams } from '@tanstack/react-router'
import { setPrefs, type Theme, usePrefs } from '../lib/prefs.ts'
import { useRead } from '../lib/queries.ts'
import type { Page, ServiceItem } from '../lib/types.ts'
import { useSearch, useSetSearch } from '../lib/useSearch.ts'
import { Icon } from '../ui/Icon.tsx'
import { openPalette } from './Palette.tsx'
import { RangePicker } from './RangePicker.tsx'

const unique = (names: string[]): string[] => [...new Set(names)].sort()

/** On a service's own page another choice walks there; elsewhere it filters the page. */
function ServicePicker({ services }: { services: ServiceItem[] }) {
  const search = useSearch()
  const set = useSetSearch()
  const navigate = useNavigate()
  const params = useParams({ strict: false }) as { service?: string }
  const chosen = params.service ?? search.service ?? ''
  const names = unique([...services.map((item) => item.service), ...(chosen ? [chosen] : [])])
  const choose = (name: string) => {
    const here = window.location.pathname
    if (here !== '/' && !here.startsWith('/s/')) return set({ service: name })
    if (!name) return void navigate({ to: '/' })
    return void navigate({ to: '/s/$service', params: { service: name } })
  }
  return (
    <label className="pick">
      <span className="visually-hidden">Service</span>
      <select value={chosen} onChange={(event) => choose(event.target.value)}>
        <option value="">All services</option>
        {names.map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
    </label>
  )
}

function EnvironmentPicker() {
  const search = useSearch()
  const set = useSetSearch()
  const all = useRead<Page<ServiceItem>>('/services', {}, { everyMs: 60_000 })
  const names = unique([
    ...(all.data?.items ?? []).map((item) => item.environment),
    ...(search.env ? [search.env] : []),
  ])
  return (
    <label className="pick">
      <span className="visually-hidden">Environment</span>
      <select value={search.env ?? ''} onChange={(event) => set({ env: event.target.value })}>
        <option value="">All environments</option>
        {names.filter(Boolean).map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
    </label>
  )
}

const nextTheme: Record<Theme, Theme> = { system: 'light', light: 'dark', dark: 'system' }

function Switches() {
  const { theme, zone, live } = usePrefs()
  return (
    <div className="switches">
      <button
        type="button"
        className="button quiet"
        aria-pressed={live}
        onClick={() => setPrefs({ live: !live })}
        title={live ? 'Refreshes every 15 s while this tab is seen' : 'Refresh is paused'}
      >
        <span className={`dot${live ? ' dot-on' : ''}`} aria-hidden="true" />
        {live ? 'Live' : 'Paused'}
      </button>
      <button
        type="button"
        className="button quiet"
        onClick={() => setPrefs({ zone: zone === 'utc' ? 'local' : 'utc' })}
        title="Switch between UTC and local time"
      >
        {zone === 'utc' ? 'UTC' : 'Local'}
      </button>
      <button
        type="button"
        className="button quiet"
        onClick={() => setPrefs({ theme: nextTheme[theme] })}
        aria-label={`Colours: ${theme}. Switch to ${nextTheme[theme]}`}
        title={`Colours: ${theme}`}
      >
        <Icon name={theme === 'light' ? 'sun' : theme === 'dark' ? 'moon' : 'contrast'} />
      </button>
    </div>
  )
}

/** Service, environment and time: the three questions of every page, in one place. */
export function GlobalBar({ services }: { services: ServiceItem[] }) {
  return (
    <header className="bar">
      <ServicePicker services={services} />
      <EnvironmentPicker />
      <RangePicker />
      <span className="grow" />
      <Switches />
      <button type="button" className="button search-button" onClick={openPalette} aria-keyshortcuts="Control+K">
        <Icon name="search" size={14} /> <span>Find</span> <kbd>Ctrl K</kbd>
      </button>
    </header>
  )
}
