-- Which keys' calls a group's limit began with: those of the keys that were in the group when it was set.
CREATE TABLE limit_carried (
  key_id   TEXT NOT NULL,
  limit_id TEXT NOT NULL REFERENCES limit_rule (id),
  PRIMARY KEY (key_id, limit_id)
) STRICT, WITHOUT ROWID;

INSERT INTO limit_carried
SELECT access_key.id, limit_rule.id FROM limit_rule JOIN access_key ON access_key.group_id = limit_rule.scope_id
WHERE limit_rule.scope = 'group' AND limit_rule.removed_at IS NULL;
