-- +goose Up
-- Times are microseconds since 1970 in UTC, 0 where there is none; durations
-- are nanoseconds; lists are JSON; CIDs and multihashes are their bytes.

CREATE TABLE accounts (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    name          TEXT    NOT NULL UNIQUE,
    role          TEXT    NOT NULL CHECK (role IN ('listener', 'creator', 'moderator', 'admin')),
    password_hash TEXT    NOT NULL DEFAULT '',
    blocked       BOOLEAN NOT NULL DEFAULT FALSE,
    created_at    BIGINT  NOT NULL
);

CREATE TABLE sessions (
    hash       BLOB   PRIMARY KEY,
    account_id BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
) WITHOUT ROWID;
CREATE INDEX sessions_account ON sessions (account_id);
CREATE INDEX sessions_expires ON sessions (expires_at);

CREATE TABLE tokens (
    id         TEXT   PRIMARY KEY,
    hash       BLOB   NOT NULL UNIQUE,
    account_id BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    label      TEXT   NOT NULL,
    scope      TEXT   NOT NULL CHECK (scope IN ('all', 'upload', 'read')),
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX tokens_account ON tokens (account_id, created_at);

CREATE TABLE setup_links (
    hash       BLOB   PRIMARY KEY,
    account_id BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    expires_at BIGINT NOT NULL
) WITHOUT ROWID;
CREATE INDEX setup_links_account ON setup_links (account_id);

-- A channel of another node has no account and no key.
CREATE TABLE channels (
    id            TEXT   PRIMARY KEY,
    account_id    BIGINT REFERENCES accounts (id),
    handle        TEXT   NOT NULL DEFAULT '',
    name          TEXT   NOT NULL,
    sealed_key    BLOB,
    recovery_hash BLOB,
    created_at    BIGINT NOT NULL
);
CREATE INDEX channels_account ON channels (account_id, created_at);
CREATE UNIQUE INDEX channels_handle ON channels (handle) WHERE account_id IS NOT NULL;

CREATE TABLE roots (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    mh         BLOB    NOT NULL UNIQUE,
    cid        BLOB    NOT NULL,
    servable   BOOLEAN NOT NULL DEFAULT FALSE,
    created_at BIGINT  NOT NULL
);

CREATE TABLE root_blocks (
    mh      BLOB   NOT NULL,
    root_id BIGINT NOT NULL REFERENCES roots (id) ON DELETE CASCADE,
    codec   BIGINT NOT NULL,
    PRIMARY KEY (mh, root_id)
) WITHOUT ROWID;
CREATE INDEX root_blocks_root ON root_blocks (root_id);

CREATE TABLE pins (
    root_id    BIGINT NOT NULL REFERENCES roots (id) ON DELETE CASCADE,
    reason     TEXT   NOT NULL CHECK (reason IN ('own', 'asked')),
    state      TEXT   NOT NULL CHECK (state IN ('queued', 'fetching', 'pinned', 'failed')),
    blocks     BIGINT NOT NULL DEFAULT 0,
    bytes      BIGINT NOT NULL DEFAULT 0,
    failure    TEXT   NOT NULL DEFAULT '',
    created_at BIGINT NOT NULL,
    PRIMARY KEY (root_id, reason)
) WITHOUT ROWID;
CREATE INDEX pins_state ON pins (state);

CREATE TABLE releases (
    seq                 INTEGER PRIMARY KEY AUTOINCREMENT,
    id                  TEXT    NOT NULL UNIQUE,
    account_id          BIGINT  REFERENCES accounts (id),
    channel_id          TEXT    NOT NULL REFERENCES channels (id),
    kind                TEXT    NOT NULL CHECK (kind IN ('video', 'track')),
    title               TEXT    NOT NULL,
    description         TEXT    NOT NULL DEFAULT '',
    tags                TEXT    NOT NULL DEFAULT '[]',
    language            TEXT    NOT NULL DEFAULT '',
    license             TEXT    NOT NULL DEFAULT '',
    visibility          TEXT    NOT NULL CHECK (visibility IN ('public', 'unlisted', 'private')),
    state               TEXT    NOT NULL CHECK (state IN ('uploading', 'queued', 'transcoding', 'final', 'failed', 'cancelled')),
    standing            TEXT    NOT NULL DEFAULT 'good' CHECK (standing IN ('good', 'review', 'hidden', 'taken_down')),
    standing_reason     TEXT    NOT NULL DEFAULT '',
    failure_code        TEXT    NOT NULL DEFAULT '',
    failure_text        TEXT    NOT NULL DEFAULT '',
    fraction            DOUBLE PRECISION NOT NULL DEFAULT 0,
    playable            BIGINT  NOT NULL DEFAULT 0,
    root_id             BIGINT  REFERENCES roots (id),
    rev                 INTEGER NOT NULL DEFAULT 1,
    duration            BIGINT  NOT NULL DEFAULT 0,
    width               INTEGER NOT NULL DEFAULT 0,
    height              INTEGER NOT NULL DEFAULT 0,
    bytes               BIGINT  NOT NULL DEFAULT 0,
    poster              TEXT    NOT NULL DEFAULT '',
    loudness_integrated DOUBLE PRECISION,
    loudness_range      DOUBLE PRECISION,
    loudness_peak       DOUBLE PRECISION,
    source_path         TEXT    NOT NULL DEFAULT '',
    source_sha256       BLOB,
    source_size         BIGINT  NOT NULL DEFAULT 0,
    created_at          BIGINT  NOT NULL,
    updated_at          BIGINT  NOT NULL,
    final_at            BIGINT  NOT NULL DEFAULT 0,
    CHECK (state <> 'final' OR root_id IS NOT NULL)
);
CREATE INDEX releases_account ON releases (account_id, id);
CREATE INDEX releases_channel ON releases (channel_id, id);
CREATE INDEX releases_root ON releases (root_id) WHERE root_id IS NOT NULL;
CREATE INDEX releases_source ON releases (source_path) WHERE source_path <> '';
CREATE INDEX releases_listed ON releases (id) WHERE state = 'final' AND standing = 'good' AND visibility = 'public';

CREATE TABLE moderation (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    release_id TEXT    NOT NULL,
    account_id BIGINT  NOT NULL,
    standing   TEXT    NOT NULL,
    reason     TEXT    NOT NULL,
    created_at BIGINT  NOT NULL
);
CREATE INDEX moderation_release ON moderation (release_id, id);

CREATE TABLE uploads (
    id         TEXT    PRIMARY KEY,
    account_id BIGINT  NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    release_id TEXT    UNIQUE REFERENCES releases (id) ON DELETE CASCADE,
    length     BIGINT  NOT NULL CHECK (length >= -1),
    received   BIGINT  NOT NULL DEFAULT 0,
    metadata   TEXT    NOT NULL DEFAULT '{}',
    complete   BOOLEAN NOT NULL DEFAULT FALSE,
    created_at BIGINT  NOT NULL,
    expires_at BIGINT  NOT NULL,
    CHECK (length = -1 OR received <= length)
);
CREATE INDEX uploads_account ON uploads (account_id, complete, id);
CREATE INDEX uploads_expires ON uploads (expires_at);

CREATE TABLE jobs (
    release_id  TEXT    PRIMARY KEY REFERENCES releases (id) ON DELETE CASCADE,
    state       TEXT    NOT NULL CHECK (state IN ('queued', 'transcoding', 'final', 'failed', 'cancelled')),
    node        TEXT    NOT NULL DEFAULT '',
    lease_until BIGINT  NOT NULL DEFAULT 0,
    attempt     INTEGER NOT NULL DEFAULT 0,
    reason      TEXT    NOT NULL DEFAULT '',
    not_before  BIGINT  NOT NULL DEFAULT 0,
    created_at  BIGINT  NOT NULL,
    updated_at  BIGINT  NOT NULL
);
CREATE INDEX jobs_open ON jobs (state, created_at) WHERE state IN ('queued', 'transcoding');

CREATE TABLE renditions (
    release_id        TEXT    NOT NULL REFERENCES releases (id) ON DELETE CASCADE,
    position          INTEGER NOT NULL,
    id                TEXT    NOT NULL,
    media             TEXT    NOT NULL,
    codec             TEXT    NOT NULL,
    width             INTEGER NOT NULL,
    height            INTEGER NOT NULL,
    frame_rate        TEXT    NOT NULL,
    channels          INTEGER NOT NULL,
    audio_group       TEXT    NOT NULL,
    language          TEXT    NOT NULL,
    name              TEXT    NOT NULL,
    cap               BIGINT  NOT NULL,
    live              BOOLEAN NOT NULL,
    bandwidth         BIGINT  NOT NULL,
    average_bandwidth BIGINT  NOT NULL,
    segments          INTEGER NOT NULL,
    duration          BIGINT  NOT NULL,
    bytes             BIGINT  NOT NULL,
    hashes            TEXT    NOT NULL,
    hashes_sha256     BLOB    NOT NULL,
    sample_rate       INTEGER NOT NULL,
    priming           INTEGER NOT NULL,
    padding           INTEGER NOT NULL,
    samples           BIGINT  NOT NULL,
    PRIMARY KEY (release_id, id)
) WITHOUT ROWID;

CREATE TABLE segments (
    release_id TEXT    NOT NULL REFERENCES releases (id) ON DELETE CASCADE,
    rendition  TEXT    NOT NULL,
    number     INTEGER NOT NULL,
    part       INTEGER NOT NULL,
    duration   BIGINT  NOT NULL,
    key_bytes  BIGINT  NOT NULL,
    path       TEXT    NOT NULL,
    cid        BLOB    NOT NULL,
    size       BIGINT  NOT NULL,
    dag_size   BIGINT  NOT NULL,
    sha256     BLOB    NOT NULL,
    blocks     BLOB    NOT NULL,
    PRIMARY KEY (release_id, rendition, number)
) WITHOUT ROWID;
CREATE UNIQUE INDEX segments_path ON segments (release_id, path);

CREATE TABLE segment_blocks (
    mh         BLOB NOT NULL,
    release_id TEXT NOT NULL REFERENCES releases (id) ON DELETE CASCADE,
    PRIMARY KEY (mh, release_id)
) WITHOUT ROWID;
CREATE INDEX segment_blocks_release ON segment_blocks (release_id);

CREATE TABLE parts (
    release_id TEXT    NOT NULL REFERENCES releases (id) ON DELETE CASCADE,
    rendition  TEXT    NOT NULL,
    part       INTEGER NOT NULL,
    PRIMARY KEY (release_id, rendition, part)
) WITHOUT ROWID;

CREATE VIRTUAL TABLE release_text USING fts5 (
    title, description, tags, channel,
    tokenize = 'unicode61 remove_diacritics 2',
    prefix = '2 3'
);

-- +goose Down
DROP TABLE release_text;
DROP TABLE parts;
DROP TABLE segment_blocks;
DROP TABLE segments;
DROP TABLE renditions;
DROP TABLE jobs;
DROP TABLE uploads;
DROP TABLE moderation;
DROP TABLE releases;
DROP TABLE pins;
DROP TABLE root_blocks;
DROP TABLE roots;
DROP TABLE channels;
DROP TABLE setup_links;
DROP TABLE tokens;
DROP TABLE sessions;
DROP TABLE accounts;
