-- `closed`: since when a course is not open. `archived`: its seats are nobody's then; otherwise it is only looked
-- at. `template`: what its machines are made from when nobody says.
ALTER TABLE courses ADD COLUMN archived BOOLEAN NOT NULL DEFAULT FALSE CHECK (closed IS NOT NULL OR NOT archived);
ALTER TABLE courses ADD COLUMN template TEXT;
-- The course that a version is offered to. NULL: to all, as those that were published before. Ids are never
-- given again, so that a version that outlives its course is offered to nobody.
ALTER TABLE templates ADD COLUMN course BIGINT;
