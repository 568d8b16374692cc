-- What we remember of a node: that it was taken out of placement, by whom (a name, as it was) and why;
-- whether its machines are being moved away; and since when it does not answer. A node that never had
-- any of it has no row.
CREATE TABLE nodes (
    name       TEXT PRIMARY KEY,
    drained    BIGINT,
    drained_by TEXT NOT NULL DEFAULT '',
    reason     TEXT NOT NULL DEFAULT '',
    emptying   BOOLEAN NOT NULL DEFAULT FALSE,
    silent     BIGINT
);

-- Why a machine is on its node.
CREATE TABLE placements (
    vm       BIGINT PRIMARY KEY REFERENCES vms (id) ON DELETE CASCADE,
    chosen   TEXT NOT NULL,
    nodes    BIGINT NOT NULL,
    free_mib BIGINT
);

-- What a move must know after a restart. `origin` and `ran` are written before the machine is touched.
CREATE TABLE moves (
    job    BIGINT PRIMARY KEY REFERENCES jobs (id) ON DELETE CASCADE,
    target TEXT NOT NULL,
    origin TEXT,
    ran    BOOLEAN
);
