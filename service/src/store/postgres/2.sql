-- What each node told of the latest use of a key; the body is sealed.
CREATE TABLE wardbook.last_use (
    key text COLLATE "C" NOT NULL,
    node text NOT NULL,
    moment bigint NOT NULL,
    body bytea NOT NULL,
    PRIMARY KEY (key, node)
);

-- The same as commit, if the state is still at a version: for what was decided on a count of rows.
CREATE FUNCTION wardbook.commit_at(
    required bigint,
    seen_kinds text[], seen_names text[], seen_revisions bigint[],
    acts text[], kinds text[], names text[], bodies bytea[],
    by_node text, what_happened text, gone_kept bigint,
    OUT made bigint, OUT kept bigint)
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    PERFORM FROM wardbook.counter WHERE revision = required FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'what was read has changed meanwhile' USING ERRCODE = 'WB001';
    END IF;
    SELECT done.made, done.kept INTO STRICT made, kept FROM wardbook.commit(
        seen_kinds, seen_names, seen_revisions, acts, kinds, names, bodies, by_node, what_happened, gone_kept) AS done;
END
$$;
