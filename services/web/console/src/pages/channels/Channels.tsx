import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import type { Channel, ChannelCreated } from '../../../../api/schemas.ts'
import { useRead } from '../../lib/queries.ts'
import type { ChannelInput, Page } from '../../lib/types.ts'
import { useWrite } from '../../lib/writes.ts'
import { Badge } from '../../ui/Badge.tsx'
import { Facts, PageHead, Section } from '../../ui/Bits.tsx'
import { Snippet } from '../../ui/Copy.tsx'
import { Empty, Loaded } from '../../ui/Feedback.tsx'
import { Said } from '../../ui/Said.tsx'
import { Ago } from '../../ui/Time.tsx'
import { kinds, verifySample } from './kinds.ts'
import './channels.css'

const words = (text: FormDataEntryValue | null): string[] =>
  String(text ?? '')
    .split(',')
    .map((word) => word.trim())
    .filter(Boolean)

/** The form as the API wants it; what was left empty is left out. */
export function inputOf(form: FormData): ChannelInput {
  const services = words(form.get('services'))
  const environments = words(form.get('environments'))
  const secret = String(form.get('secret') ?? '')
  const filter = { ...(services.length > 0 ? { services } : {}), ...(environments.length > 0 ? { environments } : {}) }
  return {
    name: String(form.get('name') ?? ''),
    kind: String(form.get('kind') ?? 'webhook') as ChannelInput['kind'],
    url: String(form.get('url') ?? ''),
    ...(secret ? { secret } : {}),
    ...(Object.keys(filter).length > 0 ? { filter } : {}),
  }
}

function NewChannel({ onMade }: { onMade: (channel: ChannelCreated) => void }) {
  const [kind, setKind] = useState(kinds[0]!.kind)
  const write = useWrite<ChannelCreated>(onMade)
  const chosen = kinds.find((each) => each.kind === kind) ?? kinds[0]!
  return (
    <form
      action={(form) => write.run({ path: '/channels', body: inputOf(form) })}
      className="card pad form channel-form"
    >
      <label>
        Kind
        <select name="kind" value={kind} onChange={(event) => setKind(event.target.value as typeof kind)}>
          {kinds.map((each) => (
            <option key={each.kind} value={each.kind}>
              {each.title}
            </option>
          ))}
        </select>
      </label>
      <label>
        Name
        <input name="name" required maxLength={128} placeholder="on-call" />
      </label>
      <label className="full">
        {chosen.address}
        <input name="url" required maxLength={2048} placeholder={chosen.example} />
      </label>
      <label className="full">
        {chosen.secret}
        <input name="secret" type="password" autoComplete="off" maxLength={1024} placeholder={chosen.secretHint} />
      </label>
      <label>
        Only these services
        <input name="services" placeholder="all; or checkout, cart" />
      </label>
      <label>
        Only these environments
        <input name="environments" placeholder="all; or production" />
      </label>
      <div className="full">
        <button type="submit" className="button primary" disabled={write.busy}>
          Add channel
        </button>
        <Said error={write.error} />
      </div>
      <p className="faint full">
        Addresses inside your own network are refused unless they stand in <code>PLUMBLINE_ALLOW_PRIVATE_TARGETS</code>.
      </p>
    </form>
  )
}

/** The secret, this once. */
function Once({ made, onClose }: { made: ChannelCreated; onClose: () => void }) {
  return (
    <div className="card pad once" role="status">
      <h2>{made.name}: keep this secret, it is not shown again</h2>
      <Snippet text={made.generated_secret ?? ''} label="Signing secret" />
      <p>Verify each message with it, by Standard Webhooks:</p>
      <Snippet text={verifySample} label="How to verify a message" />
      <button type="button" className="button" onClick={onClose}>
        I have kept it
      </button>
    </div>
  )
}

function Buttons({ channel, onSecret }: { channel: Channel; onSecret: (made: ChannelCreated) => void }) {
  const path = `/channels/${encodeURIComponent(channel.id)}`
  const test = useWrite()
  const change = useWrite()
  const rotate = useWrite<ChannelCreated>(onSecret)
  const remove = () => {
    if (window.confirm(`Remove ${channel.name}? What it is still owed becomes a dead letter.`))
      change.run({ path, method: 'DELETE' })
  }
  return (
    <div className="actions">
      <button
        type="button"
        className="button primary"
        disabled={test.busy}
        onClick={() => test.run({ path: `${path}/test` })}
      >
        Send test
      </button>
      {test.done && (
        <Link to="/alerts" search={{ tab: 'deliveries' } as never}>
          queued, see deliveries
        </Link>
      )}
      <button
        type="button"
        className="button"
        onClick={() => change.run({ path, method: 'PATCH', body: { enabled: !channel.enabled } })}
      >
        {channel.enabled ? 'Turn off' : 'Turn on'}
      </button>
      {channel.secret.set && (
        <button type="button" className="button" onClick={() => rotate.run({ path: `${path}/rotate` })}>
          Rotate secret
        </button>
      )}
      <button type="button" className="button" onClick={remove}>
        Remove
      </button>
      <Said error={test.error ?? change.error ?? rotate.error} />
    </div>
  )
}

const onWord = { word: 'On', tone: 'good', mark: 'check', means: 'It is told what fires.' } as const
const offWord = { word: 'Off', tone: 'thin', mark: 'pause', means: 'It is told nothing.' } as const

function ChannelCard({ channel, onSecret }: { channel: Channel; onSecret: (made: ChannelCreated) => void }) {
  const filter = [
    ...(channel.filter?.services ?? []),
    ...(channel.filter?.environments ?? []),
    ...(channel.filter?.severities ?? []),
  ]
  return (
    <li className="card pad stack">
      <div className="section-head">
        <h2>{channel.name}</h2>
        <Badge word={channel.enabled ? onWord : offWord} />
        {channel.disabled_reason && <span className="faint">{channel.disabled_reason}</span>}
      </div>
      <Facts
        items={[
          ['Kind', kinds.find((each) => each.kind === channel.kind)?.title ?? channel.kind],
          ['Goes to', <code key="url">{channel.url}</code>],
          ['Hears of', filter.length > 0 ? filter.join(', ') : 'everything'],
          ['Secret', channel.secret.set ? `set, ends in ${channel.secret.last4 ?? '…'}` : 'none'],
          ['Changed', <Ago key="at" at={channel.updated_at} />],
        ]}
      />
      <Buttons channel={channel} onSecret={onSecret} />
    </li>
  )
}

/** Who is told, and how: add, test, rotate, turn off. */
export default function Channels() {
  const [made, setMade] = useState<ChannelCreated | null>(null)
  const read = useRead<Page<Channel>>('/channels')
  return (
    <>
      <PageHead title="Channels" lead="Where alerts go: one message when it fires, one when it is over." />
      {made?.generated_secret && <Once made={made} onClose={() => setMade(null)} />}
      <Loaded read={read}>
        {(data) =>
          data.items.length > 0 ? (
            <ul className="plain-list stack">
              {data.items.map((channel) => (
                <ChannelCard key={channel.id} channel={channel} onSecret={setMade} />
              ))}
            </ul>
          ) : (
            <Empty title="Nobody is told yet">
              <p>Add the first channel below, and send it a test.</p>
            </Empty>
          )
        }
      </Loaded>
      <Section title="Add a channel">
        <NewChannel onMade={setMade} />
      </Section>
    </>
  )
}
