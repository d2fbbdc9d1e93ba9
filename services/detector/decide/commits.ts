import { buildName, type Deploy, shortBuild } from '../../../shared/model/deploy.ts'
import type { Verdict } from '../../../shared/model/verdict.ts'

/** What a deploy is called in a sentence: its build, else what kind of change it was. */
export const nameOf = (d: Pick<Deploy, 'version' | 'commit' | 'kind'>): string => shortBuild(buildName(d)) || d.kind

const shortSha = (sha: string): string => sha.slice(0, 10)

/** Names the commits as honestly as they are known: one, one of several, or none. `set`: the deploys that could have done it, likeliest first. */
export function commitsOf(deploy: Deploy, set: readonly Deploy[] = [deploy]): Verdict['commits'] {
  if (set.length > 1) return commitsOfSet(set)
  return commitsOfOne(set[0] ?? deploy)
}

/** Which of several deploys it was is not known either. */
function commitsOfSet(set: readonly Deploy[]): Verdict['commits'] {
  const each = set.map((d) => ({ deploy: d, ...commitsOfOne(d) }))
  const named = each.map((e) => `${nameOf(e.deploy)}: ${e.wording}`).join('; ')
  return { wording: `of one of these ${set.length} deploys: ${named}`, commits: each.flatMap((e) => e.commits) }
}

function commitsOfOne(deploy: Deploy): Verdict['commits'] {
  const since = deploy.previous_version ? ` since ${shortBuild(deploy.previous_version)}` : ''
  const { commits } = deploy
  if (commits.length > 1) return { wording: `1 of ${commits.length} commits${since}`, commits }
  const only = commits[0] ?? (deploy.commit === '' ? undefined : { sha: deploy.commit })
  if (!only) return { wording: `no commit is known for this deploy${since}`, commits: [] }
  const known = commits.length === 1 ? '' : ', the only one that was told'
  return { wording: `commit ${shortSha(only.sha)}${since}${known}`, commits: [only] }
}
