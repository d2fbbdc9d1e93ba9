/** Addresses and file cells that come out of telemetry are hostile until shown otherwise. */

/** The address when it is http or https and carries no user, else null: then show it as text. */
export function webUrl(text: string | null | undefined): string | null {
  if (!text) return null
  try {
    const url = new URL(text)
    return (url.protocol === 'https:' || url.protocol === 'http:') && !url.username ? url.href : null
  } catch {
    return null
  }
}

/** `owner/name` or an address of a repository to its web address, or null. */
export function repositoryUrl(repository: string | null): string | null {
  if (!repository) return null
  const direct = webUrl(repository)
  if (direct) return direct.replace(/\.git$/, '').replace(/\/$/, '')
  return /^[\w.-]+\/[\w.-]+$/.test(repository) ? `https://github.com/${repository}` : null
}

/** Where the difference of two commits can be read, or null. */
export function diffUrl(repository: string | null, base: string | null, head: string): string | null {
  const home = repositoryUrl(repository)
  if (!home || !/^[\w./-]{4,}$/.test(head)) return null
  if (!base || !/^[\w./-]{4,}$/.test(base)) return `${home}/commit/${head}`
  return `${home}/compare/${base}...${head}`
}
