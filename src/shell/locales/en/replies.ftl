# What puerta answers.

## Headings and labels
col-action = action
col-added = added
col-address = address
col-algorithm = type
col-backup = backup
col-bytes-in = in
col-bytes-out = out
col-comment = comment
col-course = course
col-connections = connections
col-cpus = CPUs
col-created = date
col-description = description
col-disk = disk
col-egress = may reach
col-fingerprint = fingerprint
col-finished = end
col-from = from
col-full-name = name
col-job = job
col-keys = keys
col-kind = work
col-limits = limits
col-login = user
col-machines = machines
col-mark = mark
col-members = members
col-memory = memory
col-method = came in by
col-name = name
col-network = network
col-node = node
col-note = note
col-number = no.
col-outcome = outcome
col-password = password
col-place = whose
col-policies = rules
col-port = port
col-protocol = type
col-publisher = published by
col-quotas = per seat
col-reason = reason
col-role = role
col-seat = seat
col-seats = seats
col-sha256 = SHA-256
col-size = size
col-source = from
col-started = start
col-state = state
col-template = template
col-time = time
col-times = times
col-took = took
col-usage = in use
col-version = version
col-vm = machine
col-vm-port = its port
col-year = year

## Single words
word-yes = yes
word-no = no
word-none = -
word-everybody = everybody
word-place-default = everybody else's
word-place-course = course
word-place-seat = seat
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
kind-remake = remake
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
quotas = { $machines } machines ({ $running } running), { $cpus } CPUs, { $memory } memory, { $disk } disk, { $backups } backups ({ $keep } of each machine), { $publications } published ports

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

empty-ports = no published ports yet: publish a page with `port publish web1 80`
empty-firewall = the kernel has no rule of puerta

## Done
done-backup-made = backup `{ $backup }` made: { $size } in { $took }
done-backups-removed = removed to make room for it: { $backups }
done-backup-deleted = the backup `{ $backup }` is removed
done-backup-protected = the backup `{ $backup }` is protected: it stays until you say `backup unprotect { $backup }`
done-backup-unprotected = the backup `{ $backup }` is protected no more: a newer one may make it go
backups-of = { $vm }: { $count ->
    [one] one backup
   *[other] { $count } backups
}
backups-of-deleted = { $vm }, removed: { $count ->
    [one] one backup stays
   *[other] { $count } backups stay
}
vm-deleted = { $vm } (removed)
mark-protected = protected
mark-goes-next = will go
backup-goes-next = will go: the machine's next backup removes it; to keep it, `backup protect { $backup }`
done-port-reserved = puerta runs without a firewall: the port is reserved and leads nowhere yet; tell your teacher
done-port-unpublished = no longer published: { $route }
ports-counted = connections and bytes counted until { $at }
times-of = times: { $zone }
ports-not-counted = connections and bytes are not counted: puerta runs without a firewall, or could not read it
done-egress-set = { whose } may now reach: { $egress }
done-egress-cleared = { whose } have no rule of their own any more (it was: { $egress })
done-egress-unheeded = puerta runs without a firewall: the rule is kept and nobody heeds it yet
whose = { $place ->
    [course] the machines of course `{ $name }`
   *[seat] the machines of seat `{ $name }`
}
done-firewall-plan = { $done ->
    [nothing] the rules are as they should be
    [members] entries missing from the rules: { $added }; too many: { $removed }
    [absent] there are no rules yet: they are to be written
    [changed] configuration or egress changed: the rules are to be written anew
   *[drift] somebody else changed the rules: they are to be written anew
}
done-firewall-applied = { $done ->
    [nothing] there was nothing to do: the rules are as they should be
    [members] mended: entries added: { $added }; removed: { $removed }
    [absent] the rules were written: there were none
    [changed] the rules were written anew: configuration or egress had changed
   *[drift] the rules were written anew: somebody else had changed them
}
done-firewall-checked = the rules are as they should be
done-firewall-foreign = not puerta's, and may be in the way: { $line }
done-key-added = key { $number } added: { $fingerprint }; your machines get it now, or when they are started next
done-key-removed = key removed: { $fingerprint }{ $sessions ->
    [0] {""}
    [one] ; another session that came in by it is closed
   *[other] ; { $sessions } other sessions that came in by it are closed
}{ $stays ->
    [0] {""}
   *[other] ; this one came in by it too, and stays open until you leave
}
done-password-set = password changed
done-course-created = course `{ $course }` made: year { $year }, version { $version }; add its people with a list (`course enrol { $course }`) or one by one (`person add LOGIN --course { $course }`)
done-person-added = `{ $login }` can come in with their key
done-person-code = `{ $login }` can come in once with this code, which will not be shown again: { $code }
done-person-code-shut = code of `{ $login }`, which will not be shown again: { $code }; it lets nobody in for now, because their door is closed (`person show { $login }`)
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
lang-set = { $lang ->
    [es] Spanish
   *[other] English
}: you set it with `lang { $lang }`, and it holds whenever you come in
lang-sent = { $lang ->
    [es] Spanish
   *[other] English
}: your ssh client says so (`LANG`); for the other one always, `lang { $lang ->
    [es] en
   *[other] es
}`
lang-lab = { $lang ->
    [es] Spanish
   *[other] English
}: it is the lab's, and your ssh client asks for none; for the other one, `lang { $lang ->
    [es] en
   *[other] es
}`
