import { Link, Outlet, useParams, useRouterState } from '@tanstack/react-router'
import { useRef } from 'react'
import { useFocusOnWalk } from '../lib/focus.ts'
import { useRead } from '../lib/queries.ts'
import { useTitle } from '../lib/title.ts'
import type { Page, ServiceItem } from '../lib/types.ts'
import { useSearch } from '../lib/useSearch.ts'
import { SignIn } from '../ui/Feedback.tsx'
import { Icon } from '../ui/Icon.tsx'
import { GlobalBar } from './GlobalBar.tsx'
import { Palette } from './Palette.tsx'
import { type PageEntry, pages } from './pages.ts'
import { titleOf } from './titleOf.ts'

const groups: [PageEntry['group'], string][] = [
  ['watch', 'Watch'],
  ['explore', 'Explore'],
  ['run', 'Run'],
]

function Rail({ regressed }: { regressed: number }) {
  const search = useSearch()
  const { service } = useParams({ strict: false }) as { service?: string }
  const chosen = service ?? search.service
  return (
    <nav className="rail" aria-label="Pages">
      <Link to="/" className="brand" aria-label="Plumbline, to the services">
        <svg width="20" height="26" viewBox="0 0 20 26" aria-hidden="true">
          <path d="M10 0V14" />
          <path d="M4 14h12l-6 11z" />
        </svg>
        <span>Plumbline</span>
      </Link>
      {groups.map(([group, title]) => (
        <div key={group} className="rail-group">
          <h2>{title}</h2>
          <ul>
            {pages
              .filter((page) => page.group === group)
              .map((page) => (
                <li key={page.to}>
                  <Link
                    to={page.to}
                    search={(chosen && page.to !== '/' ? { service: chosen } : {}) as never}
                    activeOptions={{ exact: page.to === '/' || page.to === '/settings', includeSearch: false }}
                    title={page.title}
                  >
                    <Icon name={page.icon} />
                    <span>{page.title}</span>
                    {page.to === '/' && regressed > 0 && (
                      <span className="rail-count" title={`${regressed} regressed`}>
                        {regressed}
                      </span>
                    )}
                  </Link>
                </li>
              ))}
          </ul>
        </div>
      ))}
    </nav>
  )
}

export function Shell() {
  const search = useSearch()
  const services = useRead<Page<ServiceItem>>('/services', { environment: search.env })
  const items = services.data?.items ?? []
  const regressed = items.filter((item) => item.health === 'regressed').length
  const path = useRouterState({ select: (state) => state.location.pathname })
  useTitle(titleOf(path, pages), regressed)
  const main = useRef<HTMLElement>(null)
  useFocusOnWalk(useRouterState({ select: (state) => state.resolvedLocation?.pathname }), main)
  return (
    <div className="shell">
      <a className="skip" href="#main">
        Skip to the page
      </a>
      <Rail regressed={regressed} />
      <div className="stage">
        <GlobalBar services={items} />
        <main id="main" tabIndex={-1} ref={main}>
          {services.error?.status === 401 ? <SignIn /> : <Outlet />}
        </main>
      </div>
      <Palette services={items} />
    </div>
  )
}
