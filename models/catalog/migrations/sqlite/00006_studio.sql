-- +goose Up
-- A release's earlier revisions. Which root is its own now, and of which rev,
-- stands with the release. bytes are those that no later revision holds.
CREATE TABLE revisions (
    release_id   TEXT    NOT NULL REFERENCES releases (id) ON DELETE CASCADE,
    rev          INTEGER NOT NULL,
    root_id      BIGINT  NOT NULL REFERENCES roots (id),
    bytes        BIGINT  NOT NULL,
    duration     BIGINT  NOT NULL,
    poster       TEXT    NOT NULL,
    published_at BIGINT  NOT NULL,
    ended_at     BIGINT  NOT NULL,
    PRIMARY KEY (release_id, rev)
);
CREATE INDEX revisions_root ON revisions (root_id);

-- When the revision was published that the release has now; 0 is final_at. What
-- replaces another release's media is a release of its own until it is final.
-- publish_as is the visibility that it gets at publish_at.
ALTER TABLE releases ADD COLUMN rev_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE releases ADD COLUMN replaces TEXT NOT NULL DEFAULT '';
ALTER TABLE releases ADD COLUMN publish_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE releases ADD COLUMN publish_as TEXT NOT NULL DEFAULT '';
CREATE INDEX releases_replaces ON releases (replaces) WHERE replaces <> '';
CREATE INDEX releases_publish ON releases (publish_at) WHERE publish_at > 0;

-- What one account may have: null is the node's default, 0 no limit.
CREATE TABLE account_limits (
    account_id BIGINT PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
    bytes      BIGINT,
    releases   BIGINT,
    uploads    BIGINT,
    jobs       BIGINT
);

-- Uploads of which one is made (partial), and that one (final) with their ids in
-- order. part_of names the final upload that has taken a part.
ALTER TABLE uploads ADD COLUMN concat TEXT NOT NULL DEFAULT '';
ALTER TABLE uploads ADD COLUMN parts TEXT NOT NULL DEFAULT '[]';
ALTER TABLE uploads ADD COLUMN part_of TEXT NOT NULL DEFAULT '';
CREATE INDEX uploads_part_of ON uploads (part_of) WHERE part_of <> '';

-- +goose Down
DROP INDEX uploads_part_of;
ALTER TABLE uploads DROP COLUMN part_of;
ALTER TABLE uploads DROP COLUMN parts;
ALTER TABLE uploads DROP COLUMN concat;
DROP TABLE account_limits;
DROP INDEX releases_publish;
DROP INDEX releases_replaces;
ALTER TABLE releases DROP COLUMN publish_as;
ALTER TABLE releases DROP COLUMN publish_at;
ALTER TABLE releases DROP COLUMN replaces;
ALTER TABLE releases DROP COLUMN rev_at;
DROP TABLE revisions;
