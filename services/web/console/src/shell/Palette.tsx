import { useNavigate } from '@tanstack/react-router'
import { useEffect, useMemo, useRef, useState } from 'react'
import { short } from '../lib/format.ts'
import { useRead } from '../lib/queries.ts'
import type { DeployItem, Page, ServiceItem } from '../lib/types.ts'
import { Icon, type IconName } from '../ui/Icon.tsx'
import { pages } from './pages.ts'

const dialogId = 'palette'

export function openPalette(): void {
  const dialog = document.getElementById(dialogId)
  if (dialog instanceof HTMLDialogElement && !dialog.open) dialog.showModal()
}

type Choice = {
  key: string
  title: string
  hint: string
  icon: IconName
  to: string
  search?: Record<string, string>
  also?: string
}

/** What a typed text may mean: a page, a service, a deploy, a trace id, or words of a log line. At most twelve. */
export function choicesFor(text: string, services: ServiceItem[], deploys: DeployItem[]): Choice[] {
  const words = text.trim().toLowerCase()
  const all: Choice[] = [
    ...pages.map((page) => ({ key: page.to, title: page.title, hint: 'Page', icon: page.icon, to: page.to })),
    ...services.map((item) => ({
      key: `s:${item.service}:${item.environment}`,
      title: item.service,
      hint: `Service · ${item.environment || 'no environment'}`,
      icon: 'services' as const,
      to: `/s/${encodeURIComponent(item.service)}`,
      search: { env: item.environment },
    })),
    ...deploys.map((deploy) => ({
      key: deploy.id,
      title: `${deploy.service} ${short(deploy.version)}`,
      hint: `Deploy · ${short(deploy.commit)}`,
      icon: 'plumb' as const,
      also: `${deploy.commit} ${deploy.version} ${deploy.id}`,
      to: `/deploys/${encodeURIComponent(deploy.id)}`,
    })),
  ]
  const found = all
    .filter((choice) => `${choice.title} ${choice.hint} ${choice.also ?? ''}`.toLowerCase().includes(words))
    .slice(0, 10)
  if (/^[0-9a-f]{32}$/.test(words)) {
    found.unshift({ key: 'trace', title: `Trace ${words}`, hint: 'Trace by id', icon: 'trace', to: `/traces/${words}` })
  }
  if (words) {
    const q = text.trim()
    found.push({
      key: 'logs',
      title: `Search the logs for “${q}”`,
      hint: 'Logs',
      icon: 'logs',
      to: '/logs',
      search: { q },
    })
  }
  return found
}

function useShortcut() {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const typing = event.target instanceof HTMLElement && /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName)
      const wanted =
        ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') || (event.key === '/' && !typing)
      if (!wanted) return
      event.preventDefault()
      openPalette()
    }
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  }, [])
}

function Choices({ choices, at, go }: { choices: Choice[]; at: number; go: (choice: Choice) => void }) {
  return (
    <div id="palette-list" role="listbox" aria-label="Places to go">
      {choices.map((choice, index) => (
        <button
          key={choice.key}
          id={`palette-${index}`}
          type="button"
          role="option"
          tabIndex={-1}
          aria-selected={index === at}
          onClick={() => go(choice)}
        >
          <Icon name={choice.icon} />
          <span>{choice.title}</span>
          <span className="faint">{choice.hint}</span>
        </button>
      ))}
    </div>
  )
}

/** Ctrl-K or `/`: any page, service, deploy, commit or trace id, by keyboard. */
export function Palette({ services }: { services: ServiceItem[] }) {
  const dialog = useRef<HTMLDialogElement>(null)
  const navigate = useNavigate()
  const [text, setText] = useState('')
  const [at, setAt] = useState(0)
  const deploys = useRead<Page<DeployItem>>('/deploys', {}, { everyMs: 60_000 })
  const choices = useMemo(() => choicesFor(text, services, deploys.data?.items ?? []), [text, services, deploys.data])
  useShortcut()
  const go = (choice: Choice | undefined) => {
    dialog.current?.close()
    setText('')
    setAt(0)
    if (choice) void navigate({ to: choice.to, search: (choice.search ?? {}) as never })
  }
  const onKeyDown = (event: React.KeyboardEvent) => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
    if (step) {
      event.preventDefault()
      setAt((at + step + choices.length) % Math.max(1, choices.length))
    }
    if (event.key === 'Enter') go(choices[at])
  }
  return (
    <dialog id={dialogId} ref={dialog} className="palette" aria-label="Find">
      <input
        type="text"
        role="combobox"
        aria-label="Page, service, deploy, commit or trace id"
        aria-controls="palette-list"
        aria-expanded="true"
        aria-activedescendant={choices[at] ? `palette-${at}` : undefined}
        placeholder="Page, service, deploy, commit or trace id"
        value={text}
        onChange={(event) => {
          setText(event.target.value)
          setAt(0)
        }}
        onKeyDown={onKeyDown}
      />
      <Choices choices={choices} at={at} go={go} />
    </dialog>
  )
}
