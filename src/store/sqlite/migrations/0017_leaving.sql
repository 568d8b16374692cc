-- Since when a seat is to go, once its machines and backups are gone.
ALTER TABLE seats ADD COLUMN leaving BIGINT;
