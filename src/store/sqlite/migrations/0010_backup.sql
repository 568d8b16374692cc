-- A backup is of one machine, which may be gone, and not of whatever is called so. `vm` is that machine's id:
-- of the job that made it, else of the machine of that name that was there before it; what is left belongs
-- to machines that are gone, one for each name, whose ids nobody has. Facts of a machine are those at the
-- time of the backup (NULL: not known), so that it can be made again.
ALTER TABLE backups ADD COLUMN vm BIGINT NOT NULL DEFAULT 0;
ALTER TABLE backups ADD COLUMN protected BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE backups ADD COLUMN note TEXT NOT NULL DEFAULT '';
ALTER TABLE backups ADD COLUMN template TEXT;
ALTER TABLE backups ADD COLUMN vmid BIGINT;
ALTER TABLE backups ADD COLUMN cpus BIGINT;
ALTER TABLE backups ADD COLUMN memory_mib BIGINT;
ALTER TABLE backups ADD COLUMN disk_mib BIGINT;
ALTER TABLE backups ADD COLUMN processes BIGINT;

-- A backup and the end of its job were written with one moment.
UPDATE backups SET vm = COALESCE((
    SELECT MAX(j.vm) FROM jobs j
    WHERE j.kind = 'backup' AND j.state = 'done' AND j.seat = backups.seat AND j.finished = backups.created
      AND backups.name LIKE j.vm_name || '-%'
), 0);
UPDATE backups SET vm = COALESCE((
    SELECT v.id FROM vms v
    WHERE v.seat = backups.seat AND v.name = backups.vm_name AND v.created <= backups.created
), 0) WHERE vm = 0;
UPDATE backups SET vm = (
    SELECT -MIN(o.id) FROM backups o WHERE o.seat = backups.seat AND o.vm_name = backups.vm_name
) WHERE vm = 0;

UPDATE backups SET
    template = (SELECT v.template FROM vms v WHERE v.id = backups.vm),
    vmid = (SELECT v.vmid FROM vms v WHERE v.id = backups.vm),
    cpus = (SELECT v.cpus FROM vms v WHERE v.id = backups.vm),
    memory_mib = (SELECT v.memory_mib FROM vms v WHERE v.id = backups.vm),
    disk_mib = (SELECT v.disk_mib FROM vms v WHERE v.id = backups.vm),
    processes = (SELECT v.processes FROM vms v WHERE v.id = backups.vm);

-- What is newer has the higher id, whatever the clock said.
DROP INDEX backups_seat;
DROP INDEX backups_created;
CREATE INDEX backups_seat ON backups (seat, id);
CREATE INDEX backups_vm ON backups (vm, id);
