-- Old calls may lose what explains them and keep what they came to, so that the file stays small.
ALTER TABLE call ADD COLUMN archived_at INTEGER; -- when its lines, its usage, its flags and its attempts were removed; NULL: it has them
