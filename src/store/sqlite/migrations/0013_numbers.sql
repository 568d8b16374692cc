-- Numbers of jobs are their seat's own: they tell nobody how much others do.
ALTER TABLE seats ADD COLUMN last_job BIGINT NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN number BIGINT NOT NULL DEFAULT 0;
UPDATE jobs SET number =
    (SELECT COUNT(*) FROM jobs other WHERE other.seat = jobs.seat AND other.id <= jobs.id);
UPDATE seats SET last_job = (SELECT COUNT(*) FROM jobs WHERE jobs.seat = seats.id);
CREATE UNIQUE INDEX jobs_number ON jobs (seat, number);
