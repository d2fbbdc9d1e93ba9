/** How each thing is connected, with the address of this installation. Pure. */
import type { Integrations } from '../../lib/types.ts'

export type Source = Integrations['deploy_sources'][number]['source']
export type Way = { title: string; file: string; text: string }
export type Connection = { title: string; means: string; ways: Way[] }

export type Place = { web: string; auth: boolean }

const header = (auth: boolean): string => (auth ? ` -H 'authorization: Bearer YOUR_KEY'` : '')

/** A sender that takes nothing but an address: the key is the password in it. */
const withKey = ({ web, auth }: Place): string => (auth ? web.replace('://', '://key:YOUR_KEY@') : web)

const command = 'npx plumbline deploy --service checkout --environment production'

export const sourceOf = (source: Source, place: Place): Connection => {
  const { web, auth } = place
  const key = auth ? '\n    PLUMBLINE_API_KEY: $' + '{{ secrets.PLUMBLINE_API_KEY }}' : ''
  const connections: Record<Source, Connection> = {
    telemetry: {
      title: 'Telemetry',
      means: 'A new service.version, or a new commit, is a deploy by itself. Nothing to install.',
      ways: [
        {
          title: 'Name the build',
          file: 'the environment of the application',
          text: 'export OTEL_RESOURCE_ATTRIBUTES=service.version=1.9.0,vcs.ref.head.revision=$(git rev-parse HEAD),deployment.environment.name=production',
        },
      ],
    },
    api: {
      title: 'Command line and API',
      means: 'From any pipeline; it brings commits, author and link, and the gate stops a bad release.',
      ways: [
        {
          title: 'GitHub Actions',
          file: '.github/workflows/deploy.yml',
          text: `- run: ${command} --commit "$GITHUB_SHA"
  env:
    PLUMBLINE_URL: ${web}${key}`,
        },
        {
          title: 'GitLab CI',
          file: '.gitlab-ci.yml',
          text: `tell-plumbline:
  stage: deploy
  image: node:22
  variables:
    PLUMBLINE_URL: ${web}
  script:
    - ${command} --commit "$CI_COMMIT_SHA"`,
        },
      ],
    },
    github: {
      title: 'GitHub webhook',
      means:
        'GitHub tells of each deployment that succeeded. In the repository: Settings, Webhooks, JSON, “Deployment statuses”.',
      ways: [{ title: 'Payload URL', file: 'address', text: `${withKey(place)}/api/v1/deploys/github` }],
    },
    cdevents: {
      title: 'CDEvents',
      means: 'service.deployed, upgraded and rolledback, plain or inside a CloudEvent, as Tekton and others send them.',
      ways: [
        {
          title: 'One event by hand',
          file: 'shell',
          text: `curl ${web}/api/v1/deploys/cdevents${header(auth)} -H 'content-type: application/json' -d '{
  "context": {"id": "1", "source": "/ci", "type": "dev.cdevents.service.deployed.0.2.0",
    "timestamp": "'$(date -u +%Y-%m-%dT%H:%M:%SZ)'"},
  "subject": {"id": "checkout", "content": {
    "environment": {"id": "production"}, "artifactId": "pkg:oci/checkout@1.9.0"}}
}'`,
        },
      ],
    },
  }
  return connections[source]
}

/** Who reads from here. */
export const readers = ({ web, auth }: Place): Connection[] => [
  {
    title: 'Coding agents (MCP)',
    means: 'Verdicts, anomalies, logs and traces as tools; read only, a key with the scope read is enough.',
    ways: [
      {
        title: 'MCP server',
        file: 'the configuration of the agent',
        text: JSON.stringify(
          {
            mcpServers: {
              plumbline: {
                type: 'http',
                url: `${web}/mcp`,
                ...(auth && { headers: { Authorization: 'Bearer YOUR_KEY' } }),
              },
            },
          },
          null,
          2,
        ),
      },
    ],
  },
  {
    title: 'Prometheus',
    means: 'Plumbline’s own metrics: what arrives, drops, lag, deliveries.',
    ways: [
      {
        title: 'Scrape',
        file: 'prometheus.yml',
        text: `scrape_configs:
  - job_name: plumbline
    scheme: ${new URL(web).protocol.replace(':', '')}${auth ? '\n    authorization: { credentials: YOUR_KEY }' : ''}
    static_configs:
      - targets: ["${new URL(web).host}"]`,
      },
    ],
  },
]

/** Grafana reads the tables, which needs a ClickHouse server: the embedded engine has no port. */
export const grafana = (engine: string): Connection => ({
  title: 'Grafana',
  means:
    engine === 'embedded'
      ? 'Reads the tables of a ClickHouse server. This installation runs on the embedded engine, which has no port: set PLUMBLINE_CLICKHOUSE_URL first.'
      : 'Reads the tables by its ClickHouse data source. Ready dashboards are in grafana/dashboards.',
  ways:
    engine === 'embedded'
      ? []
      : [
          {
            title: 'Dashboards',
            file: 'provisioning/dashboards/plumbline.yaml',
            text: `apiVersion: 1
providers:
  - name: plumbline
    options: { path: /var/lib/grafana/dashboards/plumbline }  # a copy of grafana/dashboards`,
          },
        ],
})

const languages: Record<string, string> = {
  nodejs: 'Node.js',
  webjs: 'Browser',
  python: 'Python',
  go: 'Go',
  java: 'Java',
  dotnet: '.NET',
  cpp: 'C++',
  php: 'PHP',
  ruby: 'Ruby',
  rust: 'Rust',
  erlang: 'Erlang',
  swift: 'Swift',
}

export const languageWord = (language: string): string => languages[language] ?? language
