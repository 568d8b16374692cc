-- What the campus calls somebody, where that is no login of ours. It has a `.` or an `@`, and so is never a login.
ALTER TABLE persons ADD COLUMN campus TEXT;
CREATE UNIQUE INDEX persons_campus ON persons (campus);
