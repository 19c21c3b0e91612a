-- Rows that were taken away stay for a while without a body, so that other nodes learn of it.
CREATE TABLE wardbook.row (
    kind text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    revision bigint NOT NULL,
    body bytea,
    PRIMARY KEY (kind, name)
);
CREATE INDEX row_revision ON wardbook.row (revision);
CREATE INDEX row_gone ON wardbook.row (revision) WHERE body IS NULL;

-- The latest revision, and the one up to which rows that were taken away are forgotten.
CREATE TABLE wardbook.counter (revision bigint NOT NULL, forgotten bigint NOT NULL);
INSERT INTO wardbook.counter VALUES (0, 0);

-- Events that the journal of their node may not have yet.
CREATE TABLE wardbook.waiting (
    place bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    node text NOT NULL,
    event text NOT NULL
);
CREATE INDEX waiting_node ON wardbook.waiting (node, place);

CREATE TABLE wardbook.installation (name text PRIMARY KEY, value bytea NOT NULL);

-- Whether everything that was seen still has its revision; 0 is that of a row that is not there.
CREATE FUNCTION wardbook.is_at(seen_kinds text[], seen_names text[], seen_revisions bigint[]) RETURNS boolean
LANGUAGE sql VOLATILE AS $$
    SELECT NOT EXISTS (
        SELECT FROM unnest(seen_kinds, seen_names, seen_revisions) AS seen (kind, name, revision)
        LEFT JOIN wardbook.row AS found
            ON found.kind = seen.kind AND found.name = seen.name AND found.body IS NOT NULL
        WHERE coalesce(found.revision, 0) <> seen.revision)
$$;

-- Changes rows and keeps the event, or does nothing. The counter is taken first, so commits follow each other, and every
-- statement after it sees all that was committed before.
CREATE FUNCTION wardbook.commit(
    seen_kinds text[], seen_names text[], seen_revisions bigint[],
    acts text[], kinds text[], names text[], bodies bytea[],
    by_node text, what_happened text, gone_kept bigint,
    OUT made bigint, OUT kept bigint)
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    UPDATE wardbook.counter SET revision = revision + 1 RETURNING revision INTO STRICT made;
    IF NOT wardbook.is_at(seen_kinds, seen_names, seen_revisions) THEN
        RAISE EXCEPTION 'what was read has changed meanwhile' USING ERRCODE = 'WB001';
    END IF;
    FOR at IN 1 .. cardinality(acts) LOOP
        IF acts[at] = 'put' THEN
            INSERT INTO wardbook.row (kind, name, revision, body) VALUES (kinds[at], names[at], made, bodies[at])
                ON CONFLICT (kind, name) DO UPDATE SET revision = excluded.revision, body = excluded.body;
        ELSE
            UPDATE wardbook.row SET revision = made, body = CASE acts[at] WHEN 'touch' THEN body END
                WHERE kind = kinds[at] AND name = names[at] AND body IS NOT NULL;
            IF NOT FOUND THEN
                RAISE EXCEPTION 'what was read has changed meanwhile' USING ERRCODE = 'WB001';
            END IF;
        END IF;
    END LOOP;
    IF 'delete' = ANY (acts) AND made > gone_kept THEN
        DELETE FROM wardbook.row WHERE body IS NULL AND revision <= made - gone_kept;
        UPDATE wardbook.counter SET forgotten = greatest(forgotten, made - gone_kept);
    END IF;
    INSERT INTO wardbook.waiting (node, event) VALUES (by_node, what_happened) RETURNING place INTO kept;
END
$$;

-- Takes every row away. For development.
CREATE FUNCTION wardbook.clear() RETURNS void
LANGUAGE plpgsql VOLATILE AS $$
DECLARE made bigint;
BEGIN
    UPDATE wardbook.counter SET revision = revision + 1 RETURNING revision INTO STRICT made;
    UPDATE wardbook.row SET revision = made, body = NULL WHERE body IS NOT NULL;
END
$$;
