-- Enrolment from a list, and teams. Texts are empty where nobody said anything.
ALTER TABLE persons ADD COLUMN email TEXT NOT NULL DEFAULT '';
ALTER TABLE persons ADD COLUMN idnumber TEXT NOT NULL DEFAULT '';

-- `roster`: the seat is a row of its course's list, and goes when the row goes. `archived`: since when
-- it has gone; nothing of it is deleted. `team`: not one person's own.
ALTER TABLE seats ADD COLUMN roster BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE seats ADD COLUMN team BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE seats ADD COLUMN archived BIGINT;
ALTER TABLE seats ADD COLUMN class_group TEXT NOT NULL DEFAULT '';
