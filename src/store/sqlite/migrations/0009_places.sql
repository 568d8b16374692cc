-- A place of the address plan (year and version) is shared by any number of courses, and gives seat numbers
-- to all of them. `last_seat` is the highest that it ever gave, so that a removed seat's number rests, also
-- when its course is gone.
DROP INDEX courses_open;
CREATE TABLE places (
    year      BIGINT NOT NULL,
    version   BIGINT NOT NULL CHECK (version IN (0, 1)),
    last_seat BIGINT NOT NULL,
    PRIMARY KEY (year, version)
);
INSERT INTO places (year, version, last_seat)
    SELECT year, version, MAX(last_seat) FROM courses GROUP BY year, version;
ALTER TABLE courses DROP COLUMN last_seat;
