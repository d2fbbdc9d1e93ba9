/**
 * The nouns that travel through tables are documents: snake_case, as they are stored and as the API answers them.
 * Times are ISO 8601 strings in UTC with milliseconds.
 */
export type DeployKind = 'deploy' | 'config' | 'flag' | 'rollback' | 'restart'

export type Commit = { sha: string; message?: string; author?: string; url?: string; committed_at?: string }

export type Deploy = {
  id: string
  service: string
  environment: string
  version: string
  /** Full or short revision; '' where nobody told. */
  commit: string
  base_commit: string | null
  /** Commits since the deploy before, newest first, as far as they were told. */
  commits: Commit[]
  repository: string | null
  kind: DeployKind
  /** Who told of it first and who confirmed it. */
  sources: ('telemetry' | 'api' | 'github' | 'cdevents')[]
  /** When it began: the event's time, else the first telemetry of the version. */
  started_at: string
  finished_at: string | null
  /** First and last minute in which telemetry of this version was seen after `started_at`; null while none was. */
  first_seen_at: string | null
  last_seen_at: string | null
  /** The deploy of the same service and environment before this one; null for the first. */
  previous_id: string | null
  /** What that one is called: its version, its commit where it has none. */
  previous_version: string | null
  url: string | null
  actor: string | null
  attributes: Record<string, string>
  created_at: string
  updated_at: string
}

/** What a build is called: its version, else its commit; '' where neither is known. */
export const buildName = (d: Pick<Deploy, 'version' | 'commit'>): string => d.version || d.commit

/** The same, a full commit cut to what is read and typed. */
export const shortBuild = (name: string): string =>
  /^[0-9a-f]{40}([0-9a-f]{24})?$/i.test(name) ? name.slice(0, 10) : name
