-- What is one of a kind. `owner` marks this puerta's own firewall rules; `last_port` is where the next
-- search for a free port begins, so that a port that was just given up rests.
CREATE TABLE lab (
    id        INTEGER PRIMARY KEY CHECK (id = 1),
    owner     TEXT NOT NULL,
    last_port BIGINT
);
INSERT INTO lab (id, owner) VALUES (1, lower(hex(randomblob(8))));

-- `sources` NULL is the configuration's campus. Of the person only the id is kept as it was: they may
-- be gone. `seen_*` is what the kernel's counters last showed: they may start again at any time, and
-- may also go on while puerta is away.
CREATE TABLE publications (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    port             BIGINT NOT NULL UNIQUE,
    protocol         TEXT NOT NULL,
    vm               BIGINT NOT NULL REFERENCES vms (id) ON DELETE CASCADE,
    vm_port          BIGINT NOT NULL,
    sources          TEXT,
    person           BIGINT,
    publisher        TEXT NOT NULL,
    created          BIGINT NOT NULL,
    connections      BIGINT NOT NULL DEFAULT 0,
    bytes_in         BIGINT NOT NULL DEFAULT 0,
    bytes_out        BIGINT NOT NULL DEFAULT 0,
    seen_connections BIGINT NOT NULL DEFAULT 0,
    seen_bytes_in    BIGINT NOT NULL DEFAULT 0,
    seen_bytes_out   BIGINT NOT NULL DEFAULT 0,
    UNIQUE (vm, protocol, vm_port)
);

-- What machines may reach outside, where it is not the configuration's default: a course's, or a seat's.
CREATE TABLE egress (
    course BIGINT UNIQUE REFERENCES courses (id) ON DELETE CASCADE,
    seat   BIGINT UNIQUE REFERENCES seats (id) ON DELETE CASCADE,
    rule   TEXT NOT NULL,
    CHECK ((course IS NULL) <> (seat IS NULL))
);
