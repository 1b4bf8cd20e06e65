-- +goose Up
-- A release's seq is the number that its id writes in base32-sortable, so that
-- the full text, whose key it is, lies in the order of lists: a page of a search
-- for a common word is read from its end, and nothing is sorted. It goes by way
-- of negative numbers, which no row has.
DELETE FROM release_text;
UPDATE releases SET seq = -seq;
UPDATE releases SET seq = (CAST(instr('234567abcdefghijklmnopqrstuvwxyz', substr(id, 1, 1)) - 1 AS BIGINT) << 60)
    | (CAST(instr('234567abcdefghijklmnopqrstuvwxyz', substr(id, 2, 1)) - 1 AS BIGINT) << 55)
    | (CAST(instr('234567abcdefghijklmnopqrstuvwxyz', substr(id, 3, 1)) - 1 AS BIGINT) << 50)
    | (CAST(instr('234567abcdefghijklmnopqrstuvwxyz', substr(id, 4, 1)) - 1 AS BIGINT) << 45)
    | (CAST(instr('234567abcdefghijklmnopqrstuvwxyz', substr(id, 5, 1)) - 1 AS BIGINT) << 40)
    | (CAST(instr('234567abcdefghijklmnopqrstuvwxyz', substr(id, 6, 1)) - 1 AS BIGINT) << 35)
    | (CAST(instr('234567abcdefghijklmnopqrstuvwxyz', substr(id, 7, 1)) - 1 AS BIGINT) << 30)
    | (CAST(instr('234567abcdefghijklmnopqrstuvwxyz', substr(id, 8, 1)) - 1 AS BIGINT) << 25)
    | (CAST(instr('234567abcdefghijklmnopqrstuvwxyz', substr(id, 9, 1)) - 1 AS BIGINT) << 20)
    | (CAST(instr('234567abcdefghijklmnopqrstuvwxyz', substr(id, 10, 1)) - 1 AS BIGINT) << 15)
    | (CAST(instr('234567abcdefghijklmnopqrstuvwxyz', substr(id, 11, 1)) - 1 AS BIGINT) << 10)
    | (CAST(instr('234567abcdefghijklmnopqrstuvwxyz', substr(id, 12, 1)) - 1 AS BIGINT) << 5)
    | (CAST(instr('234567abcdefghijklmnopqrstuvwxyz', substr(id, 13, 1)) - 1 AS BIGINT) << 0);
INSERT INTO release_text (rowid, title, description, tags, channel)
    SELECT r.seq, r.title, r.description, r.tags, c.name || ' ' || c.handle
    FROM releases r JOIN channels c ON c.id = r.channel_id ORDER BY r.seq;
CREATE INDEX releases_account_state ON releases (account_id, state, id);
CREATE INDEX releases_listed_kind ON releases (kind, id) WHERE state = 'final' AND standing = 'good' AND visibility = 'public';

-- +goose Down
DROP INDEX releases_listed_kind;
DROP INDEX releases_account_state;
