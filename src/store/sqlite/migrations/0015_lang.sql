-- The language that a person asked for; none: what their client says.
ALTER TABLE persons ADD COLUMN lang TEXT;
