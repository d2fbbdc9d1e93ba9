import { createReplay, getReplay, openReplays } from '../../../shared/state/replays.ts'
import { invalid, notFound, ProblemError } from '../problem.ts'
import { ok, type Route, route } from '../route.ts'
import { byId } from './query.ts'
import { ROLLUPS_TIMES } from './running.ts'
import { replay, replayInput } from './schemas/admin.ts'

const path = '/api/v1/replays'
const MAX_OPEN = 10

export const replayRoutes: Route[] = [
  route({
    method: 'post',
    path,
    scope: 'deploy',
    tag: 'replays',
    summary: 'Run the detector over stored telemetry in event time; nothing is stored but this answer',
    body: replayInput,
    answers: { 202: { description: 'Queued', schema: replay } },
    handle: async ({ body }, api) => {
      if (Date.parse(body.from) >= Date.parse(body.to)) throw invalid('/from', 'it must come before to')
      const keptDays = api.config.retentionDays * ROLLUPS_TIMES
      if (Date.parse(body.to) - Date.parse(body.from) > keptDays * 86_400_000)
        throw invalid('/from', `it must be at most ${keptDays} days before to: rollups are kept no longer`)
      if ((await openReplays(api.state, MAX_OPEN)).length >= MAX_OPEN)
        throw new ProblemError(429, 'cannot queue the replay: ten others wait. Try again when one is done', {
          headers: { 'retry-after': '60' },
        })
      const queued = await createReplay(api.state, body, api.clock.nowMs())
      return { status: 202, body: queued, headers: { location: `${path}/${queued.id}` } }
    },
  }),
  route({
    method: 'get',
    path: `${path}/{id}`,
    scope: 'read',
    tag: 'replays',
    summary: 'How far it is, and what it found',
    params: byId,
    answers: ok(replay),
    handle: async ({ params }, api) => {
      const found = await getReplay(api.state, params.id)
      if (!found) throw notFound('replay', params.id)
      return { body: found }
    },
  }),
]
