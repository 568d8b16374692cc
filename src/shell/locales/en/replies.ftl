# What puerta answers.

## Headings and labels
col-action = action
col-added = added (UTC)
col-address = address
col-algorithm = type
col-backup = backup
col-comment = comment
col-course = course
col-cpus = CPUs
col-created = date (UTC)
col-description = description
col-disk = disk
col-fingerprint = fingerprint
col-finished = end (UTC)
col-full-name = name
col-job = job
col-keys = keys
col-kind = work
col-limits = limits
col-login = user
col-machines = machines
col-members = members
col-memory = memory
col-method = came in by
col-name = name
col-network = network
col-node = node
col-number = no.
col-outcome = outcome
col-password = password
col-policies = rules
col-quotas = per seat
col-reason = reason
col-role = role
col-seat = seat
col-seats = seats
col-sha256 = SHA-256
col-size = size
col-source = from
col-started = start (UTC)
col-state = state
col-template = template
col-time = time (UTC)
col-took = took
col-usage = in use
col-version = version
col-vm = machine
col-year = year

## Single words
word-yes = yes
word-no = no
word-none = -
state-running = running
state-stopped = stopped
state-creating = creating
state-deleting = deleting
state-backup = backing up
state-restoring = restoring
state-busy = busy
state-unreachable = no answer
state-missing = missing
job-running = running
job-done = done
job-failed = failed
job-undone = undone
kind-create = create
kind-start = start
kind-stop = stop
kind-restart = restart
kind-delete = delete
kind-backup = backup
kind-restore = restore
door-open = open
door-suspended = suspended
col-door = door
limits = { $cpus ->
    [one] { $cpus } CPU
   *[other] { $cpus } CPUs
}, { $memory } memory, { $disk } disk, { $processes } processes
usage-memory = { $size } memory
usage-disk = { $size } disk
usage-processes = { $count ->
    [one] { $count } process
   *[other] { $count } processes
}
quotas = { $machines } machines, { $memory } memory, { $backups } backups

## Empty lists
empty-vms = no machines yet: make one with `vm create web1` (templates: `template list`)
empty-backups = no backups yet: make one with `vm backup NAME`
empty-templates = no templates yet: a teacher has to publish one
empty-keys = you have no keys: add one with `key add`, followed by the line of your `.pub` file
empty-jobs = no jobs: those that you start, such as `vm backup web1`, are shown here
empty-courses = no courses yet: make one with `course create aso-2026`
empty-persons = nobody yet: add somebody with `person add alumno1 --course COURSE`
empty-seats = no seats yet: everybody whom you add to a course has one (`person add`)
empty-audit = nothing in the audit with that filter: remove one or widen `--since`

## Done
done-vm-created = `{ $vm }` is running at { $address }; enter from your computer with `ssh -J YOUR_USER@puerta root@{ $vm }`
done-vm-started = `{ $vm }` is running at { $address }
done-vm-stopped = `{ $vm }` is stopped
done-vm-restarted = `{ $vm }` was restarted and is running at { $address }
done-vm-deleted = `{ $vm }` is removed{ $backups ->
    [0] {""}
    [one] ; one backup of it stays (`backup list { $vm }`)
   *[other] ; { $backups } backups of it stay (`backup list { $vm }`)
}
done-backup-made = backup `{ $backup }` made: { $size } in { $took }
done-backups-removed = removed to make room for it: { $backups }
done-vm-restored = `{ $vm }` is again as in `{ $backup }`, at { $address }
done-backup-deleted = the backup `{ $backup }` is removed
done-key-added = key { $number } added: { $fingerprint }
done-key-removed = key removed: { $fingerprint }
done-password-set = password changed
done-course-created = course `{ $course }` made: year { $year }, version { $version }; add its people with `person add LOGIN --course { $course }`
done-person-added = `{ $login }` can come in with their key
done-person-code = `{ $login }` can come in once with this code, which will not be shown again: { $code }
done-person-suspended = `{ $login }` can no longer come in; { closed }
done-person-resumed = `{ $login }` can come in again
done-person-removed = `{ $login }` is removed; { closed }
closed = { $sessions ->
    [0] they had no open sessions
    [one] one session was closed
   *[other] { $sessions } sessions were closed
}

## Nodes and isolation
col-flow = flow
col-isolation = isolation
col-relation = where
col-result = result
col-to = to
node-online = in service
node-offline = no answer
rules-current = rules { $version }
rules-old = old rules ({ $version })
rules-none = NONE
rules-unknown = unknown
node-rules-hint = `{ $node }` does not carry the rules that keep seats apart: the technician puts them there with `puerta node rules` and `contrib/node/install`
relation-own-same-node = own, same node
relation-own-other-node = own, other node
relation-other-same-node = other seat, same node
relation-other-other-node = other seat, other node
relation-own-node = its node
relation-other-node = other node
relation-puerta = puerta
flow-open = passes, as it must
flow-leak = PASSES, must not
flow-cut = DOES NOT PASS, must
untried-tool = not tried, because `busybox` there cannot do it: { $what }
untried-machine = not tried, because the machine did not answer the check (does it have `busybox`?): { $what }
untried-listener = not tried, because the machine did not begin to listen: { $what }
untried-node = not tried, because the node's address is not known: { $what }
untried-relation = not tried, because no two such machines take part: { $what }
isolation-good = closed: { $open } flows pass and must, { $closed } do not and must not
isolation-wrong = { $wrong ->
    [0] nothing could be tried between seats, so nothing is known
    [one] NOT CLOSED: one flow is not as it must be ({ $open } pass, { $closed } do not)
   *[other] NOT CLOSED: { $wrong } flows are not as they must be ({ $open } pass, { $closed } do not)
}
