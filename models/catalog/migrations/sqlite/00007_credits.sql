-- +goose Up
-- Who made a work and where it belongs; empty or 0 where that is not known.
ALTER TABLE releases ADD COLUMN artist TEXT NOT NULL DEFAULT '';
ALTER TABLE releases ADD COLUMN album_artist TEXT NOT NULL DEFAULT '';
ALTER TABLE releases ADD COLUMN composer TEXT NOT NULL DEFAULT '';
ALTER TABLE releases ADD COLUMN album TEXT NOT NULL DEFAULT '';
ALTER TABLE releases ADD COLUMN disc INTEGER NOT NULL DEFAULT 0;
ALTER TABLE releases ADD COLUMN track INTEGER NOT NULL DEFAULT 0;
ALTER TABLE releases ADD COLUMN isrc TEXT NOT NULL DEFAULT '';
ALTER TABLE releases ADD COLUMN first_published TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE releases DROP COLUMN first_published;
ALTER TABLE releases DROP COLUMN isrc;
ALTER TABLE releases DROP COLUMN track;
ALTER TABLE releases DROP COLUMN disc;
ALTER TABLE releases DROP COLUMN album;
ALTER TABLE releases DROP COLUMN composer;
ALTER TABLE releases DROP COLUMN album_artist;
ALTER TABLE releases DROP COLUMN artist;
