-- +goose Up
-- An account that somebody made by themselves and no administrator has let in.
ALTER TABLE accounts ADD COLUMN waiting BOOLEAN NOT NULL DEFAULT FALSE;
CREATE INDEX accounts_waiting ON accounts (id) WHERE waiting;

-- +goose Down
DROP INDEX accounts_waiting;
ALTER TABLE accounts DROP COLUMN waiting;
