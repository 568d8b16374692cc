-- Ids are never given again (AUTOINCREMENT): a PersonId or VmId that somebody still holds must not
-- come to mean another. Times are milliseconds since 1970 UTC. Words (role, phase, kind, state) are
-- checked where they are read, so that a new word needs no new table.

CREATE TABLE courses (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    name      TEXT NOT NULL UNIQUE,
    year      BIGINT NOT NULL,
    version   BIGINT NOT NULL CHECK (version IN (0, 1)),
    -- Highest seat number this course ever gave, so that a removed seat's number rests.
    last_seat BIGINT NOT NULL DEFAULT 0,
    created   BIGINT NOT NULL,
    closed    BIGINT,
    UNIQUE (id, year, version)
);
CREATE UNIQUE INDEX courses_open ON courses (year, version) WHERE closed IS NULL;

CREATE TABLE persons (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    login     TEXT NOT NULL UNIQUE,
    name      TEXT NOT NULL,
    role      TEXT NOT NULL,
    suspended BOOLEAN NOT NULL,
    created   BIGINT NOT NULL
);

CREATE TABLE credentials (
    person       BIGINT PRIMARY KEY REFERENCES persons (id) ON DELETE CASCADE,
    password     TEXT,
    code         TEXT,
    code_expires BIGINT
);

CREATE TABLE authorized_keys (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    person      BIGINT NOT NULL REFERENCES persons (id) ON DELETE CASCADE,
    algorithm   TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    comment     TEXT NOT NULL,
    line        TEXT NOT NULL,
    added       BIGINT NOT NULL,
    UNIQUE (person, fingerprint)
);

-- Year and version are the course's, kept here so that two courses of one edition (one of them
-- closed) cannot have the same seat of the address plan.
CREATE TABLE seats (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    name    TEXT NOT NULL UNIQUE,
    course  BIGINT NOT NULL,
    year    BIGINT NOT NULL,
    version BIGINT NOT NULL,
    number  BIGINT NOT NULL CHECK (number BETWEEN 1 AND 8191),
    created BIGINT NOT NULL,
    UNIQUE (year, version, number),
    FOREIGN KEY (course, year, version) REFERENCES courses (id, year, version)
);
CREATE INDEX seats_course ON seats (course);

CREATE TABLE members (
    seat   BIGINT NOT NULL REFERENCES seats (id) ON DELETE CASCADE,
    person BIGINT NOT NULL REFERENCES persons (id) ON DELETE CASCADE,
    PRIMARY KEY (seat, person)
);
CREATE INDEX members_person ON members (person, seat);

CREATE TABLE vms (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    seat       BIGINT NOT NULL REFERENCES seats (id),
    name       TEXT NOT NULL,
    slot       BIGINT NOT NULL CHECK (slot BETWEEN 0 AND 63 AND slot <> 1),
    vmid       BIGINT NOT NULL UNIQUE,
    template   TEXT NOT NULL,
    node       TEXT,
    cpus       BIGINT NOT NULL,
    memory_mib BIGINT NOT NULL,
    disk_mib   BIGINT NOT NULL,
    processes  BIGINT NOT NULL,
    phase      TEXT NOT NULL,
    created    BIGINT NOT NULL,
    UNIQUE (seat, name),
    UNIQUE (seat, slot)
);

-- A job outlives its machine, its seat and its person: names are copied, nothing is referenced.
CREATE TABLE jobs (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    kind      TEXT NOT NULL,
    vm        BIGINT NOT NULL,
    vm_name   TEXT NOT NULL,
    seat      BIGINT NOT NULL,
    seat_name TEXT NOT NULL,
    person    BIGINT,
    backup    BIGINT,
    state     TEXT NOT NULL,
    reason    TEXT,
    step      TEXT NOT NULL DEFAULT '',
    started   BIGINT NOT NULL,
    finished  BIGINT
);
CREATE UNIQUE INDEX jobs_running ON jobs (vm) WHERE state = 'running';
CREATE INDEX jobs_seat ON jobs (seat, id);
CREATE INDEX jobs_finished ON jobs (finished);

CREATE TABLE backups (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    seat    BIGINT NOT NULL REFERENCES seats (id),
    name    TEXT NOT NULL,
    vm_name TEXT NOT NULL,
    size    BIGINT NOT NULL,
    sha256  TEXT NOT NULL,
    created BIGINT NOT NULL,
    took_ms BIGINT NOT NULL,
    UNIQUE (seat, name)
);
CREATE INDEX backups_seat ON backups (seat, created);
CREATE INDEX backups_created ON backups (created);
