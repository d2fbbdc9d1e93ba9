-- When a key was last taken, to within a minute; NULL until it is.
ALTER TABLE api_keys ADD COLUMN last_used_at_ms BIGINT;
