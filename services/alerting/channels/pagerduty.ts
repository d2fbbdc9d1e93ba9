import { type ChannelPlugin, classifyHttp, postJson } from '../channel.ts'
import { deployLink, diffUrl, linkOf, traceLink } from '../notification.ts'
import { safeText } from '../text.ts'
import { adviceOf, certaintyOf, headlineOf, lineOf, sinceWhat, suspicionOf } from '../wording.ts'

/**
 * PagerDuty, Events API v2: one incident of theirs an incident of ours, tied by `dedup_key`. Deploys are change events, so that they
 * stand beside the incidents there. The secret is the routing key.
 */
const pagerduty: ChannelPlugin = {
  kind: 'pagerduty',
  render: (n, target) => {
    const [top] = n.signals
    const diff = diffUrl(n.deploy)
    return postJson(target.url, {
      routing_key: target.secrets[0] ?? '',
      event_action: n.event === 'resolved' ? 'resolve' : 'trigger',
      dedup_key: `plumbline-${n.incident.id}`,
      client: 'Plumbline',
      client_url: linkOf(n),
      payload: {
        summary: headlineOf(n),
        source: safeText(n.incident.service, 255) || 'plumbline',
        severity: n.event === 'test' ? 'info' : n.incident.severity,
        timestamp: n.incident.started_at,
        component: safeText(n.incident.service, 255),
        group: safeText(n.incident.environment, 255),
        class: top?.signal ?? 'anomaly',
        custom_details: {
          signals: n.signals.map((s) => `${safeText(s.service, 80)}: ${lineOf(s, n.event === 'resolved')}`),
          ...(top && { certainty: certaintyOf(top) }),
          since: sinceWhat(n.deploy),
          advice: adviceOf(n) || suspicionOf(n),
          services: n.incident.services.slice(0, 20).map((s) => safeText(s, 80)),
        },
      },
      links: [
        { href: linkOf(n), text: 'Verdict' },
        ...(diff ? [{ href: diff, text: 'Diff' }] : []),
        ...(top?.trace_ids ?? []).map((id) => ({ href: traceLink(n, id), text: 'Trace' })),
      ],
    })
  },
  classify: classifyHttp,
  renderDeploy: (d, target) => {
    const { deploy } = d
    const diff = diffUrl(deploy)
    const { origin, pathname } = new URL(target.url)
    const verb =
      deploy.kind === 'rollback' ? 'rolled back' : deploy.kind === 'deploy' ? 'deployed' : `${deploy.kind} changed`
    const since = sinceWhat(deploy)
    const where = deploy.environment === '' ? '' : ` in ${safeText(deploy.environment, 100)}`
    return postJson(`${origin}${pathname.replace(/\/enqueue\/?$/, '')}/change/enqueue`, {
      routing_key: target.secrets[0] ?? '',
      payload: {
        summary: safeText(`${deploy.service} ${verb}${where}: ${since}`, 1024),
        timestamp: deploy.started_at,
        source: safeText(deploy.service, 255) || 'plumbline',
        custom_details: {
          version: safeText(deploy.version, 200),
          previous_version: safeText(deploy.previous_version ?? '', 200),
          commit: safeText(deploy.commit, 64),
          commits: deploy.commits
            .slice(0, 10)
            .map((c) => safeText(`${c.sha.slice(0, 7)} ${(c.message ?? '').split('\n')[0]}`, 160)),
        },
      },
      links: [{ href: deployLink(d, deploy.id), text: 'Verdict' }, ...(diff ? [{ href: diff, text: 'Diff' }] : [])],
    })
  },
}

export default pagerduty
