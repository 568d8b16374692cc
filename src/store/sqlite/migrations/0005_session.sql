-- Recordings of consoles. The person is kept as they were: they may be gone, and who may play it is
-- still judged by who it was. `bytes` is the file's size, once it has ended.
CREATE TABLE recordings (
    id       TEXT PRIMARY KEY,
    person   BIGINT NOT NULL,
    login    TEXT NOT NULL,
    role     TEXT NOT NULL,
    vm       TEXT NOT NULL,
    started  BIGINT NOT NULL,
    finished BIGINT,
    bytes    BIGINT NOT NULL
);
CREATE INDEX recordings_started ON recordings (started);
