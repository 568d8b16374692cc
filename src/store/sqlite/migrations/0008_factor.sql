-- A second factor exists once a code of it was right; what was begun and not finished is nowhere.
-- The secret is as it is, because each code is computed from it.
CREATE TABLE second_factors (
    person    BIGINT PRIMARY KEY REFERENCES persons (id) ON DELETE CASCADE,
    secret    TEXT NOT NULL,
    -- Counted in periods since 1970: codes up to this one were taken, or may not be any more.
    last_step BIGINT NOT NULL,
    added     BIGINT NOT NULL
);

CREATE TABLE recovery_codes (
    person BIGINT NOT NULL REFERENCES second_factors (person) ON DELETE CASCADE,
    hash   TEXT NOT NULL,
    PRIMARY KEY (person, hash)
);
