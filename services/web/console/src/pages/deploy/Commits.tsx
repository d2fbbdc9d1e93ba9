import { short } from '../../lib/format.ts'
import { diffUrl, repositoryUrl } from '../../lib/safe.ts'
import type { Commit, DeployItem } from '../../lib/types.ts'
import { Outside } from '../../ui/Bits.tsx'
import { Copy } from '../../ui/Copy.tsx'
import { Ago } from '../../ui/Time.tsx'

function CommitRow({ commit, repository }: { commit: Commit; repository: string | null }) {
  const home = repositoryUrl(repository)
  const href = commit.url ?? (home ? `${home}/commit/${commit.sha}` : null)
  return (
    <li>
      <div className="commit-message">{commit.message?.split('\n')[0] || 'no message told'}</div>
      <div className="faint">
        <Outside href={href}>
          <code>{short(commit.sha)}</code>
        </Outside>
        <Copy text={commit.sha} bare label={`Copy ${commit.sha}`} />
        {commit.author && <span>{commit.author}</span>} {commit.committed_at && <Ago at={commit.committed_at} />}
      </div>
    </li>
  )
}

/** The commits this deploy brought, with the way to their diff. */
export function Commits({ deploy, wording, commits }: { deploy: DeployItem; wording: string; commits: Commit[] }) {
  const shown = commits.length > 0 ? commits : deploy.commits
  const diff = diffUrl(deploy.repository, deploy.base_commit, deploy.commit)
  return (
    <section className="card pad side-card" aria-label="Commits">
      <h2>Commits</h2>
      <p className="faint">
        {wording || 'No commits were told.'} {diff && <Outside href={diff}>Read the diff</Outside>}
      </p>
      {shown.length === 0 && deploy.commit && (
        <p>
          Only <code>{short(deploy.commit)}</code> is known. Send <code>base_commit</code> or <code>commits</code> with
          the deploy to see what came with it.
        </p>
      )}
      <ol className="plain-list commits">
        {shown.slice(0, 50).map((commit) => (
          <CommitRow key={commit.sha} commit={commit} repository={deploy.repository} />
        ))}
      </ol>
      {shown.length > 50 && <p className="faint">and {shown.length - 50} more</p>}
    </section>
  )
}
