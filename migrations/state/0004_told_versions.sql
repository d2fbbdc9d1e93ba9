-- What an event called the version: a deploy is found by it, also where telemetry or another source called the same build otherwise.
ALTER TABLE deploy_events ADD COLUMN version TEXT NOT NULL DEFAULT '';
CREATE INDEX deploy_events_by_version ON deploy_events (version, deploy_id);
