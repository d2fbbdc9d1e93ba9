-- Where a channel keeps the messages of an incident together: Slack's `ts` of the first message, the id of GitHub's comment.
CREATE TABLE incident_threads (
  incident_id TEXT NOT NULL,
  channel_id TEXT NOT NULL,
  thread TEXT NOT NULL,
  PRIMARY KEY (incident_id, channel_id)
);
