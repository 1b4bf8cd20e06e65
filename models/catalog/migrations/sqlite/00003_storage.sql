-- +goose Up
-- The bytes that a pin will take, from when that is known until it is held.
ALTER TABLE pins ADD COLUMN size BIGINT NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE pins DROP COLUMN size;
