-- Ready rules that professors turned on. `parameters` is JSON of values that were checked one by one;
-- `course` keeps the course that it names from going.
CREATE TABLE rules (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    kind       TEXT NOT NULL,
    course     BIGINT REFERENCES courses (id),
    parameters TEXT NOT NULL,
    author     TEXT NOT NULL,
    created    BIGINT NOT NULL
);
