import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { setPrefs, type Theme, usePrefs } from '../../lib/prefs.ts'
import { useRead } from '../../lib/queries.ts'
import type { ApiKey, ApiKeyCreated, Page, Scope, Session } from '../../lib/types.ts'
import { useWrite } from '../../lib/writes.ts'
import { PageHead, Section } from '../../ui/Bits.tsx'
import { Snippet } from '../../ui/Copy.tsx'
import { Loaded } from '../../ui/Feedback.tsx'
import { Said } from '../../ui/Said.tsx'
import { type Column, Table } from '../../ui/Table.tsx'
import { Ago } from '../../ui/Time.tsx'
import { Backtest } from './Backtest.tsx'
import { Kept } from './Kept.tsx'
import './settings.css'

const scopes: [Scope, string][] = [
  ['ingest', 'send telemetry'],
  ['deploy', 'mark deploys, ask the gate'],
  ['read', 'read everything'],
  ['admin', 'change everything'],
]

function NewKey({ onMade }: { onMade: (key: ApiKeyCreated) => void }) {
  const write = useWrite<ApiKeyCreated>(onMade)
  const submit = (form: FormData) =>
    write.run({
      path: '/keys',
      body: {
        name: String(form.get('name') ?? ''),
        scopes: scopes.map(([scope]) => scope).filter((scope) => form.get(scope)),
      },
    })
  return (
    <form action={submit} className="filters">
      <label>
        Name of a new key
        <input name="name" required maxLength={128} placeholder="collector" />
      </label>
      {scopes.map(([scope, means]) => (
        <label key={scope} className="check" title={means}>
          <span>
            <input type="checkbox" name={scope} defaultChecked={scope === 'ingest'} /> {scope}
          </span>
        </label>
      ))}
      <button type="submit" className="button primary" disabled={write.busy}>
        Make key
      </button>
      <Said error={write.error} />
    </form>
  )
}

function Revoke({ apiKey }: { apiKey: ApiKey }) {
  const write = useWrite()
  if (apiKey.revoked_at) return <span className="faint">revoked</span>
  return (
    <button
      type="button"
      className="button"
      disabled={write.busy}
      onClick={() => {
        if (window.confirm(`Revoke ${apiKey.name}? Whoever uses it is shut out at once.`))
          write.run({ path: `/keys/${encodeURIComponent(apiKey.id)}`, method: 'DELETE' })
      }}
    >
      Revoke
    </button>
  )
}

const keyColumns: Column<ApiKey>[] = [
  { key: 'name', title: 'Name', by: (key) => key.name, cell: (key) => key.name },
  { key: 'scopes', title: 'May', cell: (key) => key.scopes.join(', ') },
  { key: 'prefix', title: 'Begins with', wide: true, cell: (key) => <code>{key.prefix}…</code> },
  { key: 'made', title: 'Made', by: (key) => key.created_at, cell: (key) => <Ago at={key.created_at} /> },
  { key: 'used', title: 'Last used', by: (key) => key.last_used_at, cell: (key) => <Ago at={key.last_used_at} /> },
  { key: 'revoke', title: '', cell: (key) => <Revoke apiKey={key} /> },
]

function SignOut({ name }: { name: string | null }) {
  const write = useWrite()
  return (
    <p className="actions">
      Signed in{name ? ` as ${name}` : ''}.
      <button type="button" className="button" onClick={() => write.run({ path: '/session', method: 'DELETE' })}>
        Sign out
      </button>
    </p>
  )
}

/** All keys, and making one: for who may change everything. */
function KeyTable() {
  const [made, setMade] = useState<ApiKeyCreated | null>(null)
  const read = useRead<Page<ApiKey>>('/keys')
  return (
    <>
      {made && (
        <div className="card pad once" role="status">
          <h3>{made.name}: keep this key, it is not shown again</h3>
          <Snippet text={made.key} label="The new key" />
        </div>
      )}
      <Loaded read={read}>
        {(data) => (
          <Table label="Keys" columns={keyColumns} rows={data.items} rowKey={(key) => key.id} empty="No keys yet." />
        )}
      </Loaded>
      <NewKey onMade={setMade} />
    </>
  )
}

function Keys() {
  const session = useRead<Session>('/session')
  const own = session.data?.scopes ?? []
  return (
    <>
      {session.data && !session.data.auth && (
        <p>
          This address asks for no key: it is bound to this machine only. Keys are needed as soon as{' '}
          <code>PLUMBLINE_HOST</code> is another.
        </p>
      )}
      {session.data?.signed_in && <SignOut name={session.data.name} />}
      {own.includes('admin') && <KeyTable />}
      {session.data && !own.includes('admin') && (
        <p>
          Keys are listed, made and revoked with a key that may <code>admin</code>; this one may {own.join(', ')}.
        </p>
      )}
    </>
  )
}

function Look() {
  const { theme, zone, live } = usePrefs()
  return (
    <div className="filters">
      <label>
        Colours
        <select value={theme} onChange={(event) => setPrefs({ theme: event.target.value as Theme })}>
          <option value="system">as the system</option>
          <option value="light">light</option>
          <option value="dark">dark</option>
        </select>
      </label>
      <label>
        Times in
        <select value={zone} onChange={(event) => setPrefs({ zone: event.target.value === 'utc' ? 'utc' : 'local' })}>
          <option value="local">local time</option>
          <option value="utc">UTC</option>
        </select>
      </label>
      <label className="check">
        <span>
          <input type="checkbox" checked={live} onChange={(event) => setPrefs({ live: event.target.checked })} />{' '}
          Refresh every 15 s
        </span>
      </label>
    </div>
  )
}

/** Who has access, what a sensitivity would have found, what is kept and masked, and how the console looks here. */
export default function Settings() {
  return (
    <>
      <PageHead
        title="Settings"
        lead={
          <>
            <Link to="/settings/channels">Channels</Link> and <Link to="/settings/integrations">integrations</Link> have
            pages of their own; the rest of the settings is in plumbline.yaml.
          </>
        }
      />
      <Section title="Who has access" note="keys, not accounts: one for each person and program">
        <Keys />
      </Section>
      <Section title="Sensitivity" note="try it on your own history before you change it">
        <Backtest />
      </Section>
      <Kept />
      <Section title="This browser">
        <Look />
      </Section>
    </>
  )
}
