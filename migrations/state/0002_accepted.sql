-- Anomalies that somebody called expected: their level is the baseline of that signal until the next deploy.
CREATE TABLE accepted_anomalies (
  anomaly_id TEXT PRIMARY KEY,
  service TEXT NOT NULL,
  environment TEXT NOT NULL,
  deploy_id TEXT,
  accepted_at_ms BIGINT NOT NULL,
  document TEXT NOT NULL
);
CREATE INDEX accepted_anomalies_by_deploy ON accepted_anomalies (deploy_id);
CREATE INDEX accepted_anomalies_by_time ON accepted_anomalies (accepted_at_ms);
