import { z } from 'zod'
import type { AcceptedAnomaly } from '../../../shared/model/anomaly.ts'
import type { Deploy } from '../../../shared/model/deploy.ts'
import type { Finding, Verdict } from '../../../shared/model/verdict.ts'
import { acceptedOf, holdsAt } from '../../../shared/state/accepted.ts'
import { findDeploy } from '../../../shared/state/deploys.ts'
import { getVerdict } from '../../../shared/store/verdicts.ts'
import { type Route, route } from '../route.ts'
import { flag, name } from './query.ts'
import { type Gate, gate } from './schemas/verdicts.ts'

/** The harmful findings of a verdict that somebody called expected, with who did. */
function acceptedFindings(verdict: Verdict | null, accepted: readonly AcceptedAnomaly[]): AcceptedAnomaly[] {
  const of = (f: Finding) =>
    accepted.find(
      (one) =>
        one.service === verdict?.service &&
        one.signal === f.signal &&
        one.dimension === f.dimension &&
        holdsAt(one, f.observed),
    )
  return (verdict?.findings ?? []).flatMap((f) => (f.harmful ? (of(f) ?? []) : []))
}

/**
 * The answer to "may this release go on?": only a verdict without harm is a yes, or one whose every harm somebody called expected;
 * too little data is not.
 */
export function gateOf(
  deploy: Deploy | null,
  verdict: Verdict | null,
  asked: string,
  accepted: readonly AcceptedAnomaly[] = [],
): Gate {
  const word = verdict?.verdict ?? 'pending'
  const harmful = verdict?.findings.filter((f) => f.harmful).length ?? 0
  const meant = acceptedFindings(verdict, accepted)
  const allMeant = word === 'regressed' && harmful > 0 && meant.length === harmful
  const reason =
    verdict?.reason ??
    (deploy
      ? 'This deploy is not judged yet.'
      : `No deploy of ${asked} is known yet: tell of it with POST /api/v1/deploys, or send its telemetry.`)
  const by = [...new Set(meant.map((one) => one.accepted_by))].join(', ')
  return {
    data: {
      verdict: word,
      ok: word === 'no_difference' || word === 'improved' || allMeant,
      score: verdict?.score ?? 0,
      reason: allMeant ? `It may go on: all that was found was called expected by ${by}. ${reason}` : reason,
      deploy_id: deploy?.id ?? null,
      findings: verdict?.findings.length ?? 0,
      accepted: meant.length,
    },
  }
}

/** For tools that read the status only: 412 says no, 202 says not known yet. */
const strictStatus = ({ data }: Gate): number => (data.ok ? 200 : data.verdict === 'regressed' ? 412 : 202)

export const gateRoutes: Route[] = [
  route({
    method: 'get',
    path: '/api/v1/gate',
    scope: 'read',
    tag: 'deploys',
    summary:
      'Whether a release may go on. Always 200; with strict=1 412 on a regression that nobody called expected and 202 while undecided',
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
        deploy ? await acceptedOf(api.state, deploy.id) : [],
      )
      return { status: strict ? strictStatus(answer) : 200, body: answer }
    },
  }),
]
