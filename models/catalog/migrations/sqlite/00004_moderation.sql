-- +goose Up
-- The log of what moderators said of releases becomes the trail of everything
-- they and creators do about moderation; it only grows. An entry of before has
-- no action: its standing says it. standing is what a release has afterwards, or
-- empty where the entry changes none; was_* is what undoing brings back.
ALTER TABLE moderation ADD COLUMN action TEXT NOT NULL DEFAULT '';
ALTER TABLE moderation ADD COLUMN channel_id TEXT NOT NULL DEFAULT '';
ALTER TABLE moderation ADD COLUMN person_id BIGINT NOT NULL DEFAULT 0;
ALTER TABLE moderation ADD COLUMN refers BIGINT NOT NULL DEFAULT 0;
ALTER TABLE moderation ADD COLUMN was_standing TEXT NOT NULL DEFAULT '';
ALTER TABLE moderation ADD COLUMN was_reason TEXT NOT NULL DEFAULT '';
ALTER TABLE moderation ADD COLUMN was_barred TEXT NOT NULL DEFAULT '';
ALTER TABLE moderation ADD COLUMN was_case TEXT NOT NULL DEFAULT '';
ALTER TABLE moderation ADD COLUMN was_opened BIGINT NOT NULL DEFAULT 0;
CREATE UNIQUE INDEX moderation_answered ON moderation (refers) WHERE action = 'appeal';
CREATE INDEX moderation_channel ON moderation (channel_id, id) WHERE channel_id <> '';
CREATE INDEX moderation_person ON moderation (person_id, id) WHERE person_id <> 0;

-- +goose StatementBegin
CREATE TRIGGER moderation_unchanged BEFORE UPDATE ON moderation BEGIN
    SELECT RAISE(ABORT, 'the trail only grows');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER moderation_undeleted BEFORE DELETE ON moderation BEGIN
    SELECT RAISE(ABORT, 'the trail only grows');
END;
-- +goose StatementEnd

ALTER TABLE channels ADD COLUMN blocked BOOLEAN NOT NULL DEFAULT FALSE;
-- The standing that a release has again once neither its account nor its channel
-- is blocked; empty where neither is, or where moderators had the last word.
ALTER TABLE releases ADD COLUMN barred TEXT NOT NULL DEFAULT '';

CREATE TABLE reports (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    release_id TEXT    NOT NULL REFERENCES releases (id) ON DELETE CASCADE,
    account_id BIGINT  REFERENCES accounts (id),
    reason     TEXT    NOT NULL,
    text       TEXT    NOT NULL DEFAULT '',
    decision   BIGINT  NOT NULL DEFAULT 0,
    created_at BIGINT  NOT NULL
);
CREATE INDEX reports_release ON reports (release_id, id);
CREATE UNIQUE INDEX reports_once ON reports (release_id, account_id) WHERE decision = 0 AND account_id IS NOT NULL;

-- Releases that wait for a moderator, one row each; urgency 0 comes first.
CREATE TABLE cases (
    release_id TEXT    PRIMARY KEY REFERENCES releases (id) ON DELETE CASCADE,
    kind       TEXT    NOT NULL CHECK (kind IN ('report', 'appeal', 'review', 'new')),
    urgency    INTEGER NOT NULL,
    opened_at  BIGINT  NOT NULL
) WITHOUT ROWID;
CREATE INDEX cases_order ON cases (urgency, opened_at, release_id);

-- What releases look and sound like. That of a release which moderators took
-- down stays when the release is deleted.
CREATE TABLE likenesses (
    release_id TEXT    PRIMARY KEY,
    title      TEXT    NOT NULL DEFAULT '',
    sound      BLOB    NOT NULL,
    pictures   BLOB    NOT NULL,
    taken_down BOOLEAN NOT NULL DEFAULT FALSE
) WITHOUT ROWID;
CREATE INDEX likenesses_taken_down ON likenesses (release_id) WHERE taken_down;

-- +goose Down
DROP TABLE likenesses;
DROP TABLE cases;
DROP TABLE reports;
ALTER TABLE releases DROP COLUMN barred;
ALTER TABLE channels DROP COLUMN blocked;
DROP TRIGGER moderation_undeleted;
DROP TRIGGER moderation_unchanged;
DROP INDEX moderation_person;
DROP INDEX moderation_channel;
DROP INDEX moderation_answered;
ALTER TABLE moderation DROP COLUMN was_opened;
ALTER TABLE moderation DROP COLUMN was_case;
ALTER TABLE moderation DROP COLUMN was_barred;
ALTER TABLE moderation DROP COLUMN was_reason;
ALTER TABLE moderation DROP COLUMN was_standing;
ALTER TABLE moderation DROP COLUMN refers;
ALTER TABLE moderation DROP COLUMN person_id;
ALTER TABLE moderation DROP COLUMN channel_id;
ALTER TABLE moderation DROP COLUMN action;
