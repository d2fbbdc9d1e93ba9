import { z } from 'zod'
import type { Deploy } from '../../../shared/model/deploy.ts'
import type { Verdict } from '../../../shared/model/verdict.ts'
import { findDeploy } from '../../../shared/state/deploys.ts'
import { getVerdict } from '../../../shared/store/verdicts.ts'
import { type Route, route } from '../route.ts'
import { flag, name } from './query.ts'
import { type Gate, gate } from './schemas/verdicts.ts'

/** The answer to "may this release go on?": only a verdict without harm is a yes; too little data is not. */
export function gateOf(deploy: Deploy | null, verdict: Verdict | null, asked: string): Gate {
  const word = verdict?.verdict ?? 'pending'
  return {
    data: {
      verdict: word,
      ok: word === 'no_difference' || word === 'improved',
      score: verdict?.score ?? 0,
      reason:
        verdict?.reason ??
        (deploy
          ? 'This deploy is not judged yet.'
          : `No deploy of ${asked} is known yet: tell of it with POST /api/v1/deploys, or send its telemetry.`),
      deploy_id: deploy?.id ?? null,
      findings: verdict?.findings.length ?? 0,
    },
  }
}

/** For tools that read the status only: 412 says no, 202 says not known yet. */
const strictStatus = (word: Gate['data']['verdict']): number =>
  word === 'regressed' ? 412 : word === 'pending' || word === 'insufficient_data' ? 202 : 200

export const gateRoutes: Route[] = [
  route({
    method: 'get',
    path: '/api/v1/gate',
    scope: 'read',
    tag: 'deploys',
    summary: 'Whether a release may go on. Always 200; with strict=1 412 on a regression and 202 while undecided',
    query: z.strictObject({
      service: name.min(1),
      environment: name.optional(),
      version: name.min(1).optional(),
      commit: name.min(7, 'must have at least 7 characters').optional(),
      strict: flag.default(false),
    }),
    answers: {
      200: { description: 'The answer', schema: gate },
      202: { description: 'strict: not decided yet', schema: gate },
      412: { description: 'strict: the deploy regressed', schema: gate },
    },
    handle: async ({ query }, api) => {
      const { strict, ...by } = query
      const deploy = await findDeploy(api.state, by)
      const answer = gateOf(
        deploy,
        deploy && (await getVerdict(api.store, deploy.id)),
        [query.service, query.version ?? query.commit].filter(Boolean).join(' '),
      )
      return { status: strict ? strictStatus(answer.data.verdict) : 200, body: answer }
    },
  }),
]
