-- Templates that professors published, a row a version; `vms.template` reads `name:version` then. A row
-- stays when its image is gone, so that a number never comes to mean another image. `job` is the job that
-- makes it: while it is there the version is not. Ports are written `80,53/udp`.
CREATE TABLE templates (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    name        TEXT NOT NULL,
    version     BIGINT NOT NULL CHECK (version > 0),
    description TEXT NOT NULL,
    publisher   TEXT NOT NULL,
    source      TEXT NOT NULL,
    cpus        BIGINT NOT NULL,
    memory_mib  BIGINT NOT NULL,
    disk_mib    BIGINT NOT NULL,
    ports       TEXT NOT NULL,
    size        BIGINT NOT NULL DEFAULT 0,
    created     BIGINT NOT NULL,
    job         BIGINT UNIQUE,
    retired     BIGINT,
    removed     BIGINT,
    UNIQUE (name, version)
);
CREATE INDEX vms_template ON vms (template);

-- What seats may hold where it is not the configuration's: set for a seat (its id), for a course (its id),
-- or for a role (its word). Ids are never given again, so a row that outlives its seat does no harm.
CREATE TABLE quotas (
    scope   TEXT NOT NULL,
    subject TEXT NOT NULL,
    name    TEXT NOT NULL,
    value   BIGINT NOT NULL CHECK (value >= 0),
    PRIMARY KEY (scope, subject, name)
);
