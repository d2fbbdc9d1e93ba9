import { type ChannelPlugin, classifyHttp, postJson } from '../channel.ts'
import { linkOf, repositoryPath } from '../notification.ts'
import { safeLink, safeText } from '../text.ts'
import { lineOf } from '../wording.ts'

const DESCRIPTION_CHARS = 140

/**
 * A commit status on the deployed commit: `https://api.github.com/repos/{owner}/{name}`, the secret a token. A test asks for the
 * repository and changes nothing. A deploy of another repository, or without a whole commit, has nothing to tell here.
 */
const github: ChannelPlugin = {
  kind: 'github',
  render: (n, target) => {
    const url = target.url.replace(/\/+$/, '')
    const headers = {
      accept: 'application/vnd.github+json',
      authorization: `Bearer ${target.secrets[0] ?? ''}`,
      'x-github-api-version': '2022-11-28',
    }
    if (n.event === 'test') return { transport: 'http', method: 'GET', url, headers, body: '', signed: false }
    const path = repositoryPath(n.deploy?.repository ?? null)
    if (path && !url.toLowerCase().endsWith(`/${path.toLowerCase()}`)) return null
    const sha = n.incident.commit
    if (!/^[0-9a-f]{40}$/i.test(sha)) return null
    const [top] = n.signals
    const what = n.event === 'resolved' ? 'Back to normal in' : 'Regressed in'
    const body = {
      state: n.event === 'resolved' ? 'success' : 'failure',
      context: `plumbline/${safeText(n.incident.environment, 60) || 'production'}/${safeText(n.incident.service, 60)}`,
      description: safeText(
        `${what} ${n.incident.environment}${top ? `: ${lineOf(top, n.event === 'resolved')}` : ''}`,
        DESCRIPTION_CHARS,
      ),
      ...(safeLink(linkOf(n)) && { target_url: linkOf(n) }),
    }
    return postJson(`${url}/statuses/${sha}`, body, headers)
  },
  classify: classifyHttp,
}

export default github
