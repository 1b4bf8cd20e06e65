-- +goose Up
-- Albums, series and playlists: releases in an order. An album or series belongs
-- to a channel; a playlist to an account, and to its channel if it has one.
-- Positions have room between them, so that a release moves without its
-- neighbours; version counts the changes of the order.
CREATE TABLE collections (
    id          TEXT    PRIMARY KEY,
    account_id  BIGINT  NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    channel_id  TEXT    REFERENCES channels (id) ON DELETE CASCADE,
    kind        TEXT    NOT NULL CHECK (kind IN ('album', 'series', 'playlist')),
    title       TEXT    NOT NULL,
    description TEXT    NOT NULL DEFAULT '',
    visibility  TEXT    NOT NULL CHECK (visibility IN ('public', 'unlisted', 'private')),
    version     BIGINT  NOT NULL DEFAULT 1,
    created_at  BIGINT  NOT NULL,
    updated_at  BIGINT  NOT NULL
) WITHOUT ROWID;
CREATE INDEX collections_account ON collections (account_id, id);
CREATE INDEX collections_channel ON collections (channel_id, id) WHERE visibility = 'public';
CREATE INDEX collections_listed ON collections (id) WHERE visibility = 'public';

CREATE TABLE collection_items (
    collection_id TEXT   NOT NULL REFERENCES collections (id) ON DELETE CASCADE,
    release_id    TEXT   NOT NULL REFERENCES releases (id) ON DELETE CASCADE,
    position      BIGINT NOT NULL,
    PRIMARY KEY (collection_id, release_id)
) WITHOUT ROWID;
CREATE UNIQUE INDEX collection_items_order ON collection_items (collection_id, position);
CREATE INDEX collection_items_release ON collection_items (release_id);

CREATE TABLE follows (
    account_id BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    channel_id TEXT   NOT NULL REFERENCES channels (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, channel_id)
) WITHOUT ROWID;
CREATE INDEX follows_channel ON follows (channel_id);

-- How often and how long a release was played on a day (of UTC, counted from
-- 1970). Nothing here tells by whom.
CREATE TABLE plays (
    release_id TEXT   NOT NULL REFERENCES releases (id) ON DELETE CASCADE,
    day        BIGINT NOT NULL,
    plays      BIGINT NOT NULL,
    seconds    BIGINT NOT NULL,
    bytes      BIGINT NOT NULL,
    PRIMARY KEY (release_id, day)
) WITHOUT ROWID;

-- The tags of releases, folded, made from releases.tags like the full text.
CREATE TABLE release_tags (
    tag TEXT   NOT NULL,
    seq BIGINT NOT NULL REFERENCES releases (seq) ON DELETE CASCADE,
    PRIMARY KEY (tag, seq)
) WITHOUT ROWID;
CREATE INDEX release_tags_seq ON release_tags (seq);
INSERT OR IGNORE INTO release_tags (tag, seq)
    SELECT lower(t.value), r.seq FROM releases r JOIN json_each(r.tags) t WHERE json_valid(r.tags);

-- +goose Down
DROP TABLE release_tags;
DROP TABLE plays;
DROP TABLE follows;
DROP TABLE collection_items;
DROP TABLE collections;
