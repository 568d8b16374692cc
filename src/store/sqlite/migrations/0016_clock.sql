-- A clock may jump, ahead and back: what goes by it is kept so that no jump loses or repeats anything.

-- Steps of codes that were taken, so that none is taken twice whatever the clock says. When there are many, the
-- lowest go, and no step up to `floor` is taken any more. Which ones were taken before this table was made nobody
-- knows: all up to then, unless they are yet to come.
ALTER TABLE second_factors ADD COLUMN floor BIGINT NOT NULL DEFAULT 0;
UPDATE second_factors SET floor = MIN(last_step, CAST(strftime('%s', 'now') AS INTEGER) / 30 + 1);
CREATE TABLE taken_steps (
    person BIGINT NOT NULL REFERENCES second_factors (person) ON DELETE CASCADE,
    step   BIGINT NOT NULL,
    PRIMARY KEY (person, step)
);
INSERT INTO taken_steps (person, step) SELECT person, last_step FROM second_factors;

-- When puerta last looked at the clock, and for how long it had run evenly by then, in milliseconds.
CREATE TABLE clock (
    one  INTEGER PRIMARY KEY CHECK (one = 1),
    wall BIGINT NOT NULL,
    even BIGINT NOT NULL
);

-- Recordings in the order in which they were made.
ALTER TABLE recordings ADD COLUMN number BIGINT NOT NULL DEFAULT 0;
UPDATE recordings SET number = (
    SELECT COUNT(*) FROM recordings o
    WHERE o.started < recordings.started OR (o.started = recordings.started AND o.id <= recordings.id)
);
CREATE UNIQUE INDEX recordings_number ON recordings (number);
