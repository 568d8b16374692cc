-- Practices as they were published, each version whole. One that is retired stays for the machines that are of it.
CREATE TABLE practices (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    course    BIGINT  NOT NULL REFERENCES courses (id) ON DELETE CASCADE,
    name      TEXT    NOT NULL,
    version   BIGINT  NOT NULL,
    file      TEXT    NOT NULL,
    publisher TEXT    NOT NULL,
    published BIGINT  NOT NULL,
    retired   BIGINT,
    UNIQUE (course, name, version)
);
-- Which machine of which version a machine is: `role` is its name in the practice, whatever it is called now.
CREATE TABLE practice_vms (
    vm       BIGINT NOT NULL PRIMARY KEY REFERENCES vms (id) ON DELETE CASCADE,
    practice BIGINT NOT NULL REFERENCES practices (id) ON DELETE CASCADE,
    role     TEXT   NOT NULL
);
CREATE INDEX practice_vms_practice ON practice_vms (practice);
-- Parents of jobs: what was asked for at once. `number` counts those of the person.
CREATE TABLE batches (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    number  BIGINT  NOT NULL,
    kind    TEXT    NOT NULL,
    what    TEXT    NOT NULL,
    place   TEXT    NOT NULL,
    person  BIGINT,
    started BIGINT  NOT NULL,
    absent  TEXT    NOT NULL
);
CREATE INDEX batches_person ON batches (person, number);
ALTER TABLE jobs ADD COLUMN batch BIGINT;
CREATE INDEX jobs_batch ON jobs (batch) WHERE batch IS NOT NULL;
