import { z } from 'zod'
import { invalid } from '../problem.ts'
import type { Call } from './tool.ts'

const word = (description: string) => z.string().min(1).max(1024).optional().meta({ description })
const when = (description: string) =>
  z.iso
    .datetime({ offset: true, error: 'must be an ISO 8601 time such as 2026-03-01T10:00:00Z' })
    .optional()
    .meta({ description })

export const place = {
  service: word('service.name of the application'),
  environment: word('deployment.environment.name, e.g. production'),
}

export const times = { from: when('Start, ISO 8601'), to: when('End, ISO 8601; now where it is left out') }

export const paging = (most: number, usual: number) => ({
  limit: z
    .int()
    .min(1)
    .max(most)
    .default(usual)
    .meta({ description: `How many, at most ${most}` }),
  cursor: word('`next` of the page before'),
})

/** A deploy, by its id or by what it runs: the newest that fits. */
export const whichDeploy = {
  deploy_id: word('Id of a deploy, as list_deploys gives it'),
  ...place,
  version: word('service.version'),
  commit: z
    .string()
    .min(7, 'must have at least 7 characters')
    .max(256)
    .optional()
    .meta({ description: 'Commit, at least 7 characters' }),
}

export type WhichDeploy = {
  deploy_id?: string | undefined
  service?: string | undefined
  environment?: string | undefined
  version?: string | undefined
  commit?: string | undefined
}

type Found = { items: { id: string }[] }

/** @throws ProblemError where nothing names a deploy, or none fits */
export async function findDeploy(of: WhichDeploy, call: Call): Promise<string> {
  if (of.deploy_id !== undefined) return of.deploy_id
  const { deploy_id: _, ...filter } = of
  if (of.service === undefined && of.commit === undefined)
    throw invalid('/deploy_id', 'name a deploy by deploy_id, by service (and version), or by commit')
  const { items } = await call<Found>('/api/v1/deploys', { query: { ...filter, limit: 1 } })
  const found = items[0]
  if (!found) throw invalid('/deploy_id', 'no deploy fits. list_deploys shows those that are known')
  return found.id
}
