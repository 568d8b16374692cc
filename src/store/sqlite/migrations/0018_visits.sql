-- Whose keys may be in a machine that is not theirs: written before they go in, removed after they are out. Of the person
-- the id and login are kept as they were: they may be gone before their keys are.
CREATE TABLE visits (
    id         TEXT PRIMARY KEY,
    vm         BIGINT NOT NULL REFERENCES vms (id) ON DELETE CASCADE,
    person     BIGINT NOT NULL,
    login      TEXT NOT NULL,
    connection TEXT NOT NULL,
    begun      BIGINT NOT NULL
);
CREATE INDEX visits_vm ON visits (vm);
