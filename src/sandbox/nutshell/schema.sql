CREATE TABLE IF NOT EXISTS record (
  entity TEXT NOT NULL, id INTEGER NOT NULL, rev INTEGER NOT NULL, name TEXT NOT NULL,
  created TEXT NOT NULL, modified TEXT NOT NULL, deleted TEXT, creator INTEGER, body TEXT NOT NULL,
  PRIMARY KEY (entity, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS record_name ON record (entity, name COLLATE NOCASE);
-- Pages of a long listing are counted off without their records being read.
CREATE INDEX IF NOT EXISTS record_live ON record (entity, id) WHERE deleted IS NULL;
CREATE TABLE IF NOT EXISTS link (
  a_entity TEXT NOT NULL, a_id INTEGER NOT NULL, b_entity TEXT NOT NULL, b_id INTEGER NOT NULL,
  relationship TEXT, position INTEGER NOT NULL,
  PRIMARY KEY (a_entity, a_id, b_entity, b_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS link_back ON link (b_entity, b_id, a_entity);
CREATE TABLE IF NOT EXISTS child (
  entity TEXT NOT NULL, id INTEGER NOT NULL, child_entity TEXT NOT NULL, child_id INTEGER NOT NULL,
  PRIMARY KEY (entity, id, child_entity, child_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS child_back ON child (child_entity, child_id);
CREATE TABLE IF NOT EXISTS email (
  entity TEXT NOT NULL, id INTEGER NOT NULL, address TEXT NOT NULL,
  PRIMARY KEY (entity, id, address)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS email_address ON email (address);
CREATE TABLE IF NOT EXISTS custom_field (
  id INTEGER PRIMARY KEY, entity TEXT NOT NULL, name TEXT NOT NULL, type TEXT NOT NULL,
  multiple INTEGER NOT NULL, choices TEXT NOT NULL, UNIQUE (entity, name)
) STRICT;
CREATE TABLE IF NOT EXISTS counter (name TEXT PRIMARY KEY, given INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS file (
  id INTEGER PRIMARY KEY, hash TEXT NOT NULL UNIQUE, name TEXT NOT NULL, mime TEXT NOT NULL,
  content BLOB NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS journal (
  seq INTEGER PRIMARY KEY, method TEXT NOT NULL, entity TEXT, id INTEGER, user INTEGER NOT NULL,
  request TEXT NOT NULL, at TEXT NOT NULL,
  actor TEXT, call TEXT, before TEXT, after TEXT
) STRICT;
CREATE TABLE IF NOT EXISTS calls (method TEXT PRIMARY KEY, count INTEGER NOT NULL) STRICT;
