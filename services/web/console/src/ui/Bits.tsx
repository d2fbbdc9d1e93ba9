/** Small parts that many pages share. */
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { short } from '../lib/format.ts'
import { webUrl } from '../lib/safe.ts'
import { Icon } from './Icon.tsx'

/** A page's title row: what it is, what it says, what can be done. */
export function PageHead({ title, lead, children }: { title: ReactNode; lead?: ReactNode; children?: ReactNode }) {
  return (
    <header className="page-head">
      <div>
        <h1>{title}</h1>
        {lead && <p className="lead">{lead}</p>}
      </div>
      {children && <div className="actions">{children}</div>}
    </header>
  )
}

export function Section({
  title,
  note,
  children,
  id,
}: {
  title: string
  note?: ReactNode
  children: ReactNode
  id?: string
}) {
  return (
    <section className="section" aria-label={title} id={id}>
      <div className="section-head">
        <h2>{title}</h2>
        {note && <span className="faint">{note}</span>}
      </div>
      {children}
    </section>
  )
}

/** Name and value, in columns. */
export function Facts({ items }: { items: [string, ReactNode][] }) {
  return (
    <dl className="facts">
      {items.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}

/** An address out of telemetry: a link when it is http(s), else its text. */
export function Outside({ href, children }: { href: string | null | undefined; children: ReactNode }) {
  const safe = webUrl(href)
  if (!safe) return <>{children}</>
  return (
    <a href={safe} target="_blank" rel="noopener noreferrer" className="outside">
      {children}
      <Icon name="link" size={12} />
    </a>
  )
}

export const ServiceLink = ({ service, environment }: { service: string; environment?: string }) => (
  <Link
    to="/s/$service"
    params={{ service }}
    search={(environment ? { env: environment } : {}) as never}
    className="strong clip"
    title={service}
  >
    {service}
  </Link>
)

export const DeployLink = ({ id, version, commit }: { id: string; version: string; commit?: string }) => (
  <Link to="/deploys/$id" params={{ id }} className="deploy-link" title={version || commit || id}>
    <Icon name="plumb" size={12} />
    {short(version || commit || id)}
  </Link>
)

export const TraceLink = ({ id, children }: { id: string; children?: ReactNode }) => (
  <Link to="/traces/$id" params={{ id }} className="mono">
    {children ?? id.slice(0, 12)}
  </Link>
)

type TabItem = { key: string; title: string; count?: number }

/** Tabs that are links in effect: the open one stands in the URL. */
export function Tabs({
  items,
  open,
  onOpen,
  label,
}: {
  items: TabItem[]
  open: string
  onOpen: (key: string) => void
  label: string
}) {
  return (
    <div className="tabs" role="tablist" aria-label={label}>
      {items.map((item) => (
        <button
          key={item.key}
          type="button"
          role="tab"
          id={`tab-${item.key}`}
          aria-selected={item.key === open}
          aria-controls="tab-panel"
          tabIndex={item.key === open ? 0 : -1}
          onClick={() => onOpen(item.key)}
          onKeyDown={(event) => {
            const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0
            if (!step) return
            const next = items[(items.findIndex((each) => each.key === open) + step + items.length) % items.length]
            if (!next) return
            onOpen(next.key)
            document.getElementById(`tab-${next.key}`)?.focus()
          }}
        >
          {item.title}
          {item.count !== undefined && <span className="count">{item.count}</span>}
        </button>
      ))}
    </div>
  )
}

export const TabPanel = ({ open, children }: { open: string; children: ReactNode }) => (
  <div role="tabpanel" id="tab-panel" aria-labelledby={`tab-${open}`}>
    {children}
  </div>
)
