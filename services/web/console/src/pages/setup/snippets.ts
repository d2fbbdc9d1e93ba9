/** What to paste, by language; pure text with the address of this installation. */
export type Recipe = { key: string; title: string; file: string; text: string; note: string }

export type Address = { http: string; grpc: string; web: string }

const exports = (http: string): string => `export OTEL_EXPORTER_OTLP_ENDPOINT=${http}
export OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf
export OTEL_SERVICE_NAME=checkout
export OTEL_RESOURCE_ATTRIBUTES=service.version=$(git rev-parse HEAD),deployment.environment.name=production`

const sampleTrace = (http: string): string => `now=$(date +%s)
curl ${http}/v1/traces -H 'content-type: application/json' -d '{"resourceSpans":[{
  "resource":{"attributes":[
    {"key":"service.name","value":{"stringValue":"checkout"}},
    {"key":"service.version","value":{"stringValue":"1.0.0"}},
    {"key":"deployment.environment.name","value":{"stringValue":"production"}}]},
  "scopeSpans":[{"spans":[{
    "traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174",
    "name":"GET /hello","kind":2,
    "startTimeUnixNano":"'$now'000000000","endTimeUnixNano":"'$now'048000000",
    "attributes":[{"key":"http.route","value":{"stringValue":"/hello"}}]}]}]}]}'`

export const recipes = ({ http, grpc }: Address): Recipe[] => [
  {
    key: 'node',
    title: 'Node.js',
    file: 'shell',
    note: 'No change to the code: the auto instrumentation is loaded before the app.',
    text: `npm install @opentelemetry/api @opentelemetry/auto-instrumentations-node
${exports(http)}
node --require @opentelemetry/auto-instrumentations-node/register app.js`,
  },
  {
    key: 'python',
    title: 'Python',
    file: 'shell',
    note: 'Logs too. Releases from before 2026 want OTEL_PYTHON_LOGGING_AUTO_INSTRUMENTATION_ENABLED=true for them.',
    text: `pip install opentelemetry-distro opentelemetry-exporter-otlp
opentelemetry-bootstrap -a install
${exports(http)}
opentelemetry-instrument python app.py`,
  },
  {
    key: 'go',
    title: 'Go',
    file: 'main.go',
    note: 'The exporter reads the same variables; wrap handlers with otelhttp.',
    text: `// ${exports(http).split('\n').join('\n// ')}
exporter, err := otlptracehttp.New(ctx)
if err != nil {
	log.Fatal(err)
}
provider := sdktrace.NewTracerProvider(
	sdktrace.WithBatcher(exporter),
	sdktrace.WithResource(resource.Default()),
)
defer provider.Shutdown(ctx)
otel.SetTracerProvider(provider)
http.Handle("/hello", otelhttp.NewHandler(hello, "GET /hello"))`,
  },
  {
    key: 'java',
    title: 'Java',
    file: 'shell',
    note: 'The agent instruments the usual frameworks by itself.',
    text: `curl -LO https://github.com/open-telemetry/opentelemetry-java-instrumentation/releases/latest/download/opentelemetry-javaagent.jar
${exports(http)}
java -javaagent:opentelemetry-javaagent.jar -jar app.jar`,
  },
  {
    key: 'collector',
    title: 'Collector',
    file: 'collector.yaml',
    note: 'Keep what you have; add one exporter to the pipelines. Before Collector 0.144 it is called otlphttp.',
    text: `exporters:
  otlp_http/plumbline:
    endpoint: ${http}
    compression: gzip
  # or by gRPC, at ${grpc}
service:
  pipelines:
    traces:
      exporters: [otlp_http/plumbline]
    metrics:
      exporters: [otlp_http/plumbline]
    logs:
      exporters: [otlp_http/plumbline]`,
  },
  {
    key: 'curl',
    title: 'curl',
    file: 'shell',
    note: 'One span, to see that the way is open.',
    text: sampleTrace(http),
  },
]

export const deployRecipes = ({ web }: Address): Recipe[] => [
  {
    key: 'deploy-cli',
    title: 'Command',
    file: 'shell',
    note: '',
    text: 'npx plumbline deploy --service checkout --environment production --commit "$(git rev-parse HEAD)"',
  },
  {
    key: 'deploy-curl',
    title: 'curl',
    file: 'shell',
    note: '',
    text: `curl ${web}/api/v1/deploys -H 'content-type: application/json' -d '{
  "service": "checkout", "environment": "production",
  "version": "'$(git rev-parse HEAD)'", "commit": "'$(git rev-parse HEAD)'",
  "repository": "your-org/checkout",
  "started_at": "'$(date -u +%Y-%m-%dT%H:%M:%SZ)'"
}'`,
  },
  {
    key: 'deploy-actions',
    title: 'GitHub Actions',
    file: '.github/workflows/deploy.yml',
    note: 'With PLUMBLINE_URL and PLUMBLINE_API_KEY (scopes deploy and read) in the environment of both.',
    text: `- run: npx plumbline deploy --service checkout --environment production --commit "$GITHUB_SHA"
- run: npx plumbline gate --service checkout --environment production --commit "$GITHUB_SHA" --wait --timeout 15m
  # exit code 0: go on · 1: roll back · 2: too little data to say`,
  },
]
