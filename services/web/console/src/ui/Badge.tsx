import type { Health, VerdictWord } from '../lib/types.ts'
import { healthWord, verdictWord, type Word } from '../lib/words.ts'
import { Icon } from './Icon.tsx'

/** A word with its mark: the shape and the word say it, the colour only helps. */
export function Badge({ word, large = false }: { word: Word; large?: boolean }) {
  return (
    <span className={`badge tone-${word.tone}${large ? ' badge-large' : ''}`} title={word.means}>
      <Icon name={word.mark} size={large ? 18 : 12} />
      <span>{word.word}</span>
    </span>
  )
}

export const VerdictBadge = ({ verdict, large }: { verdict: VerdictWord | null; large?: boolean }) => (
  <Badge word={verdictWord(verdict)} large={large ?? false} />
)

export const HealthBadge = ({ health }: { health: Health }) => <Badge word={healthWord(health)} />

/** State of an anomaly, incident or delivery, in the same look. */
export function StateBadge({ state }: { state: string }) {
  const known: Record<string, Word> = {
    open: { word: 'Open', tone: 'bad', mark: 'cross', means: 'Still different from its baseline.' },
    closed: { word: 'Closed', tone: 'calm', mark: 'check', means: 'Back inside its baseline.' },
    firing: { word: 'Firing', tone: 'bad', mark: 'cross', means: 'Somebody was told and it is not over.' },
    resolved: { word: 'Resolved', tone: 'good', mark: 'check', means: 'It is over; everybody told was told so.' },
    pending: { word: 'Waiting', tone: 'watch', mark: 'eye', means: 'It will be tried again.' },
    delivered: { word: 'Delivered', tone: 'good', mark: 'check', means: 'The receiver answered 2xx.' },
    dead: { word: 'Gave up', tone: 'bad', mark: 'cross', means: 'No more tries by itself; send it again by hand.' },
    superseded: { word: 'Superseded', tone: 'calm', mark: 'dash', means: 'A newer message made it pointless.' },
  }
  return <Badge word={known[state] ?? { word: state, tone: 'calm', mark: 'dash', means: state }} />
}
