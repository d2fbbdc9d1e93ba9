-- Times are milliseconds since the epoch. Documents are JSON text.
CREATE TABLE deploys (
  id TEXT PRIMARY KEY,
  service TEXT NOT NULL,
  environment TEXT NOT NULL,
  version TEXT NOT NULL,
  commit_sha TEXT NOT NULL,
  started_at_ms BIGINT NOT NULL,
  updated_at_ms BIGINT NOT NULL,
  document TEXT NOT NULL
);
CREATE INDEX deploys_by_service ON deploys (service, environment, started_at_ms);
CREATE INDEX deploys_by_start ON deploys (started_at_ms, id);
CREATE INDEX deploys_by_update ON deploys (updated_at_ms);

-- An event told twice is one deploy: the hash of what was told, and the deploy that it became.
CREATE TABLE deploy_events (
  event_key TEXT PRIMARY KEY,
  deploy_id TEXT NOT NULL,
  received_at_ms BIGINT NOT NULL
);

CREATE TABLE cursors (
  name TEXT PRIMARY KEY,
  position TEXT NOT NULL,
  updated_at_ms BIGINT NOT NULL
);

-- `secrets` is sealed (AES-256-GCM, key file in the data folder).
CREATE TABLE channels (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  enabled INTEGER NOT NULL,
  document TEXT NOT NULL,
  secrets TEXT NOT NULL,
  created_at_ms BIGINT NOT NULL,
  updated_at_ms BIGINT NOT NULL
);

-- `state` is what people see (`pending` until it was told first), `phase` where the life cycle stands.
CREATE TABLE incidents (
  id TEXT PRIMARY KEY,
  incident_key TEXT NOT NULL,
  service TEXT NOT NULL,
  environment TEXT NOT NULL,
  deploy_id TEXT,
  state TEXT NOT NULL,
  phase TEXT NOT NULL,
  severity TEXT NOT NULL,
  started_at_ms BIGINT NOT NULL,
  updated_at_ms BIGINT NOT NULL,
  document TEXT NOT NULL,
  tracking TEXT NOT NULL
);
CREATE UNIQUE INDEX incidents_active_by_key ON incidents (incident_key) WHERE phase <> 'resolved';
CREATE INDEX incidents_by_key ON incidents (incident_key, updated_at_ms);
CREATE INDEX incidents_by_phase ON incidents (phase);
CREATE INDEX incidents_by_start ON incidents (started_at_ms, id);

-- The anomalies inside an incident, as alerting saw them last. One belongs to one incident, for good.
CREATE TABLE incident_signals (
  anomaly_id TEXT PRIMARY KEY,
  incident_id TEXT NOT NULL,
  document TEXT NOT NULL
);
CREATE INDEX incident_signals_by_incident ON incident_signals (incident_id);

-- The outbox. `claimed_by` tries it now, until `claim_until_ms`.
CREATE TABLE deliveries (
  id TEXT PRIMARY KEY,
  channel_id TEXT NOT NULL,
  incident_id TEXT,
  sequence BIGINT NOT NULL,
  event TEXT NOT NULL,
  state TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  next_attempt_ms BIGINT,
  claimed_by TEXT,
  claim_until_ms BIGINT,
  created_at_ms BIGINT NOT NULL,
  document TEXT NOT NULL,
  payload TEXT NOT NULL
);
CREATE INDEX deliveries_due ON deliveries (state, next_attempt_ms);
CREATE INDEX deliveries_by_incident ON deliveries (incident_id, channel_id, sequence);
CREATE INDEX deliveries_by_channel ON deliveries (channel_id, state);
CREATE INDEX deliveries_by_creation ON deliveries (created_at_ms, id);

CREATE TABLE silences (
  id TEXT PRIMARY KEY,
  starts_at_ms BIGINT NOT NULL,
  ends_at_ms BIGINT NOT NULL,
  document TEXT NOT NULL
);

CREATE INDEX silences_by_end ON silences (ends_at_ms);

CREATE TABLE api_keys (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  prefix TEXT NOT NULL,
  sha256 TEXT NOT NULL UNIQUE,
  scopes TEXT NOT NULL,
  created_at_ms BIGINT NOT NULL,
  revoked_at_ms BIGINT
);

CREATE TABLE leases (
  name TEXT PRIMARY KEY,
  owner TEXT NOT NULL,
  expires_at_ms BIGINT NOT NULL,
  fencing BIGINT NOT NULL
);

CREATE TABLE replays (
  id TEXT PRIMARY KEY,
  status TEXT NOT NULL,
  created_at_ms BIGINT NOT NULL,
  document TEXT NOT NULL
);
