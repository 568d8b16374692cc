-- What machines that were deleted were known by, for the next one of that name in the seat: what the engine gave, private
-- keys among it.
CREATE TABLE host_keys (
    seat BIGINT NOT NULL REFERENCES seats (id) ON DELETE CASCADE,
    name TEXT   NOT NULL,
    keys TEXT   NOT NULL,
    kept BIGINT NOT NULL,
    PRIMARY KEY (seat, name)
);
