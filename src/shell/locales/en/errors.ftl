# What is wrong, then what to do. Names in backticks, no final period.

## Pieces
kind-of = { $kind ->
    [login] user
    [vm] machine
    [seat] seat
    [course] course
    [template] template
    [backup] backup
   *[other] { $kind }
}
job-word = { $job ->
    [create] creation
    [start] start
    [stop] stop
    [restart] restart
    [delete] removal
    [backup] backup
    [reset] making anew
    [restore] restore
    [remake] remake
    [publish] template
    [move] move
   *[other] { $job }
}

## General
error-internal = something in puerta failed: tell your teacher the reference `{ $reference }`
error-denied = you may not do that: see what you can do with `help`
error-quota = { $quota ->
    [machines] your seat already has { $used } of { $limit } machines: remove one with `vm delete`
    [running] { $used } of { $limit } machines of your seat run already: stop one with `vm stop`
    [memory] there is no memory left for that machine: your seat uses { $used } of { $limit } MiB and it wants { $wanted } more; remove a machine or ask for less with `--memory`
    [cpus] there are no CPUs left for that machine: your seat uses { $used } of { $limit } and it wants { $wanted } more; remove a machine or ask for fewer with `--cpus`
    [disk] there is no disk left for that machine: your seat uses { $used } of { $limit } MiB and it wants { $wanted } more; remove a machine or ask for less with `--disk`
    [backups] your seat already has { $used } of { $limit } backups: remove one with `backup delete`
    [publications] your seat already has { $used } of { $limit } published ports: give one up with `port unpublish`
   *[other] the limit `{ $named }` is reached: { $used } of { $limit } in use and { $wanted } more wanted
}; a teacher can raise the limit `{ $named }` with `quota set`
error-limits = that machine asks for more { $what ->
    [cpus] CPUs
    [memory] memory
    [disk] disk
   *[other] `{ $what }`
} than the lab allows: ask for 1 to { $max }{ $what ->
    [cpus] { " " }with `--cpus`
    [memory] { " " }MiB with `--memory`
    [disk] { " " }MiB with `--disk`
   *[other] {""}
}
error-keys-full = there are { $max } keys already, and there may be no more: `key list`, and remove one with `key remove NUMBER`
error-moment = that moment is not in the calendar (years 0 to 9999): write another one, for instance `--since 3d`
error-too-many-channels = this connection has too many channels open, and the most is { $max }: close one, or open another connection
error-too-much-read = too much is being read from you at once, over all your connections: wait until your other commands have ended, and send it again
error-too-many-channels-of-person = you have too many channels open on all your connections, and the most is { $max }: close one and repeat
error-too-many-readings = you are reading the audit { $max } times at once: wait until one is done and repeat
error-unix-socket = puerta does not lead to Unix sockets, only to ports of your machines: `-L 8080:web1:80`
error-channel-kind = puerta opens no channels of that kind, only sessions and forwards to ports of your machines
error-too-many-forwards = you have too many forwarded connections at once, and the most is { $max }: close one and repeat
error-shutdown = puerta is shutting down: come back in a minute
error-engine-away = the engine does not answer: wait a minute and repeat; if it goes on, tell your teacher
error-engine = the engine refused: tell your teacher the reference `{ $reference }`
error-disk-full = the machine's disk is full: remove something in it, or make another with more `--disk`
error-no-space = the lab's disk is full: remove backups that you do not need with `backup delete`, or tell your teacher
error-address-held = its address is still held on its node by something that was left there, so it stays stopped: tell your teacher (starting Incus again on that node frees it)
error-registry-busy = puerta's registry is busy with something else: wait a minute and repeat; if it goes on, tell your teacher
error-registry-full = the disk of puerta's registry is full: tell your teacher
error-registry-read-only = puerta's registry cannot be written to: tell your teacher
error-registry-disk = the disk of puerta's registry fails: tell your teacher
error-slow-down = too much at once: slow down, and repeat it in a minute
error-audit-away = the audit log cannot be written, and nothing is done unwritten: tell your teacher
error-archives-away = the folder of the backups is not there, and the disk they are on may be unmounted: tell your teacher

## Names
error-unseen = `{ $value }` has characters that cannot be seen: write it again without them
error-name-empty = the { kind-of } name is missing: write one
error-name-long = the { kind-of } name is too long: use at most { $max } characters
error-name-start = a { kind-of } name starts with a lower-case letter: change the first letter
error-name-characters = a { kind-of } name has only lower-case letters without accents, digits and `-`{ $kind ->
    [login] { " " }or `_`
    [seat] { " " }or `_`
   *[other] {""}
}: remove the rest
error-name-end = a { kind-of } name ends in a letter or a digit: remove what comes after it

## Seats
error-no-seat = there is no seat `{ $seat }`, which is what stands behind the dot: see yours with `whoami`, or as a professor all of them with `seat list`
error-which-seat = you have several seats ({ $seats }): say in which, as in `web1.SEAT`
error-no-own-seat = you have no seat of your own: say whose, as in `web1.alumno1`

## Backups and templates
error-no-backup = you have no backup `{ $backup }`: see which there are with `backup list`
error-no-backups-of = `{ $vm }` has no backup: make one with `vm backup { $vm }`
error-backup-of-other = `{ $backup }` is a backup of `{ $other }` and not of `{ $vm }`: see its own with `backup list { $vm }`
error-note-long = the note is too long: use at most { $max } characters
error-backup-would-go = the new backup takes the place of { $backups }: repeat the command with `--yes`, or keep it with `backup protect { $backup }`
error-backups-protected = { $keep } backups of `{ $vm }` are kept and all are protected: let one go with `backup unprotect { $backup }`
error-backup-protected = the backup `{ $backup }` is protected: if you no longer want it, `backup unprotect { $backup }` and repeat
error-bad-archive = the backup is damaged and was not used: choose another with `backup list`, and tell your teacher
error-no-template = there is no template `{ $template }`: choose one of these: { $known }
error-which-template = there are several templates: choose one with `--template`: { $known }
error-archive-unreadable = the backup of `{ $vm }` cannot be read again and was not kept; those from before stay: repeat, and if it happens again tell your teacher
error-spoiled-attribute = there is no backup of `{ $vm }` while `{ $file }` has the attribute `{ $attribute }`, which no backup can hold: remove it inside the machine (`setfattr -x`) or delete the file, and repeat
error-spoiled-path = there is no backup of `{ $vm }` while it has a path of more than 4096 bytes: inside the machine, shorten or delete the one that begins with `{ $file }`, and repeat
error-spoiled-file = there is no backup of `{ $vm }` while it has `{ $file }`, which no backup can hold ({ $reason }): delete or change it inside the machine, and repeat
error-spoiled-start = `{ $vm }` does not start: `{ $file }`, or what it needs, is missing in it or is not what it was; { $backups ->
    [0] it has no backups: remove it with `vm delete { $vm }` and create another, or ask your teacher
   *[other] bring it back with `vm restore { $vm }`
}
error-spoiled-shell = `{ $vm }` has no shell that works (`/bin/sh`); { $backups ->
    [0] it has no backups: ask your teacher
   *[other] bring it back with `vm restore { $vm }`
}
error-spoiled-keys = what puerta writes into `{ $vm }` (keys, names) cannot be written: `{ $file }` is no plain file or folder; remove it with `vm console { $vm }`
error-spoiled-backup = the machine in `{ $backup }` does not start, and `{ $vm }` is as it was: choose another backup with `backup list`
error-spoiled-template = the template `{ $template }` is no use: its machine does not start, or does not let keys be written into it; choose another with `template list`, and tell your teacher
error-bounds = that is more than the lab allows for one backup ({ $reason }): make the machine smaller, holes in files included, or tell your teacher

## Published ports, egress and the firewall
error-no-port = no machine of yours is published on port { $port }: see which there are with `port list`
error-port-taken = port { $port } is taken: choose another, or leave `--port` out and puerta chooses
error-port-range = port { $port } is not one of those that can be published: choose one from { $first } to { $last }, or leave `--port` out and puerta chooses
error-port-published = port { $service } of `{ $vm }` is published already: reach it at `{ $host }:{ $port }`
error-seat-suspended = everybody of seat `{ $seat }` is suspended, and its ports with them: publish it after `person suspend LOGIN --resume`
error-ports-exhausted = there are no free ports left in the lab: give up those that you do not need with `port unpublish`, or tell your teacher
error-beyond-campus = you may open a port to the campus only ({ $campus }): leave `--from` out, or ask your teacher to publish it
error-too-many-networks = too many networks: write at most { $max }
error-list-place = say whose: at most one of `--seat SEAT`, `--course COURSE` and `--all`
error-edit-nothing = say what to change: `--name`, `--email`, `--idnumber` or `--campus` (`help person edit`)
error-campus-login = `{ $campus }` could be somebody's login: what the campus calls them is said here where it is another name, with a `.` or an `@`
error-campus-taken = the campus calls somebody else `{ $campus }`: see who with `person show { $campus }`
error-egress-place = say whose machines: write either `--seat SEAT` or `--course COURSE`
error-no-egress = `{ $name }` has no rule of its own: see which there are with `egress list`
error-firewall-off = puerta runs without a firewall: the technician sets it up in `[firewall]` of the configuration
error-firewall-away = the firewall does not answer and is being started again; everything is as it was: wait a minute and repeat
error-firewall-differs = the rules are not what they should be: see why with `firewall plan`, and mend it with `firewall apply`
error-firewall = the firewall did not do it, and everything is as it was; tell your teacher: { $reason }

## Keys
error-no-key = you have no key `{ $key }`: see which there are with `key list`
error-last-key = it is your only way in: first add another key with `key add`, or set a password with `passwd`
error-key-bad = that is not a public key that will do: { $reason }
error-key-empty = no key came: paste the line of your `.pub` file, or send it with `ssh … key add < ~/.ssh/id_ed25519.pub`
error-key-certificate = that is a certificate and not a key: paste the line of the `.pub` file without `-cert`
error-key-long = the text is too long for a public key: paste only the line of your `.pub` file
error-key-options = the line has options before the key: paste only the type, the key and the comment
error-key-private = that is a PRIVATE key and it was not kept: show it to nobody, make another and paste the line of the `.pub` file
error-key-several = several keys came: add them one at a time
error-key-weak = that key is too weak: make another with `ssh-keygen -t ed25519`
error-key-type = `{ $algorithm }` keys are not accepted: make one with `ssh-keygen -t ed25519`
error-key-unreadable = that is not an OpenSSH public key: paste the whole line of your `.pub` file, which starts with `ssh-`
error-key-twice = the key `{ $fingerprint }` is already there: there is nothing to add

## Courses and persons
error-no-course = there is no course `{ $course }`: see which there are with `course list`
error-course-exists = there is already a course `{ $course }`: choose another name
error-place-full = all 8191 seats of { $year }, version { $version }, are given: a course made with `--year { $freeyear } --version { $freeversion }` has room
error-year-full = no seats of { $year } are left in the address plan: `help course create` says how to make the course in another year
error-year = the year { $year } does not fit the address plan: choose one from { $first } to { $last }
error-slots-full = there is no room in the seat for another machine: remove one with `vm delete`
error-login-exists = there is already a person `{ $login }`: choose another user name, or see them with `person show { $login }`
error-no-person = there is no person `{ $login }`: see who there is with `person list`
error-person-holds = what is `{ $login }`'s alone has { held }: repeat with `person remove { $login } --all { $all }`, and all of it goes for ever, or close their door with `person suspend { $login }`
error-person-self = you cannot do that to yourself: ask another teacher

## Passwords
error-password-short = the password is too short: use at least { $min } characters
error-password-long = the password is too long: use at most { $max } characters
error-password-login = the password contains your user name: choose another
error-password-characters = the password has characters that not every keyboard can type: use visible characters only
error-password-different = the two times differ: repeat `passwd`
error-password-terminal = `passwd` needs a terminal: come in with `ssh -t`

## Jobs
error-job-ambiguous = there are several jobs { $job }: say of which seat, as in { $choices }
error-no-job = there is no job { $job }: see which there are with `job list`
error-job-failed = job { $job } failed and everything is as it was: { $reason }
error-job-undone = puerta restarted in the middle of the job and undid it: everything is as before; repeat the command
error-undone-gone = puerta was restarted, and the machine is gone
error-undone-backup = puerta was restarted during the backup: make it again
error-undone-restore = puerta was restarted before the change: the machine is the old one; restore it again

## Words
error-need-yes = this asks for a confirmation and there is nobody here to ask: repeat the command with `--yes`
error-unknown-word = `{ $word }` is not a command: did you mean `{ $nearest }`?
error-unknown-word-alone = `{ $word }` is not a command: see which there are with `{ $help }`
error-unknown-option = there is no option `{ $option }`: did you mean `{ $nearest }`?
error-unknown-option-alone = there is no option `{ $option }`: see which there are with `{ $help }`
error-missing = { $what ->
    [vm] the machine's name
    [name] the new machine's name
    [backup] the backup's name
    [course] the course's name
    [login] the user name
    [key] the key's number or fingerprint
    [job] the job's number
    [service] the machine's port
    [port] the port of puerta
    [egress] what may be reached
    [session] the session's id
    [to] whom it is for
    [text] the text
   *[other] `{ $what }`
} is missing: write `{ $usage }`
error-missing-verb = `{ $family }` wants a verb: write one of these after it: { $verbs }
error-extra = `{ $word }` is one word too many: remove it or, if it belongs to what comes before, put it all in quotes
error-value-missing = the option `{ $option }` needs a value: write `{ $usage }`
error-value = `{ $value }` will not do for `{ $option }`: { $expected ->
    [size] write a size such as `512M` or `2G`
    [count] write a whole number from 1
    [limit] write a number from 1 to { $max }
    [moment] write `2h` or `3d` (ago), a date such as `2026-11-23` or a moment such as `2026-11-23T10:00` (the lab's clock) or `2026-11-23T10:00+01:00`
    [lang] write `es` or `en`
    [map] write the column's heading and what it is, such as `'User=username'`: `username`, `firstname`, `lastname`, `email`, `group1` or `idnumber`
    [job] write the number of a job in `job list`
    [year] write a year such as `2026`
    [version] write `0` or `1`
    [port] write a port, from 1 to 65535
    [network] write IPv4 networks such as `192.0.2.0/24`, with commas between and without spaces
    [outcome] write `allowed`, `denied`, `done` or `failed`
    [address] write a network such as `192.0.2.0/24`, or an address
    [connection] write the id that the lines of a connection have, such as `6a1bc2d30007`
    [egress] write `allow`, `deny`, or networks such as `192.0.2.0/24` or `192.0.2.7:443`, with commas between
    [services] write ports such as `80` or `80,53/udp`, with commas between
    [quota] write `machines`, `running`, `memory`, `cpus`, `disk`, `backups` or `publications`
    [whole] write a whole number, or `default`
    [role] write `alumno`, `profesor` or `admin`
    [session] write the id that `session list` shows, such as `6925d1f20003` or `6925d1f20003-2`
    [speed] write a number from 0.1 to 100
   *[other] write { $expected }
}
error-quoting = a quote is not closed: close it or remove it
error-line-long = the line is too long: write at most { $max } bytes
error-not-utf8 = the line is not UTF-8: set your terminal to UTF-8 and repeat

## SSH forwarding
error-forward-denied = you have no machine of that name or address: see yours with `vm list`
error-forward-port = nothing answers on port { $port } of `{ $vm }`: see inside the machine whether the service runs
error-person-known = `{ $login }` is there already: add the seat without `--key`; only they change their keys
error-vm-foreign = the address of `{ $vm }` belongs to another machine in the engine: tell the technician

## Isolation
error-isolation-busy = another isolation check is at work: repeat the command when it has ended
error-isolation-stopped = `{ $vm }` is not running: start it, or name another machine
error-isolation-seats = the check needs running machines of two seats: start some, or name machines of more than one seat
error-isolation-engine = this engine runs no programs in its machines, so nothing can be tried from inside them
error-elsewhere = `{ $word }` is nothing of puerta's, which is the door to your machines: { $vm ->
    [none] create one with `vm create web1` and, at your computer, use `{ elsewhere-how } root@web1{ elsewhere-where }`
   *[other] at your computer, use `{ elsewhere-how } root@{ $vm }{ elsewhere-where }`
}
elsewhere-how = { $word ->
    [scp] scp { $jump } FILE
    [sftp] sftp { $jump }
    [sftp-server] sftp { $jump }
    [rsync] rsync -e "ssh { $jump }" FILE
    [git] git -c core.sshCommand="ssh { $jump }" clone
    [git-upload-pack] git -c core.sshCommand="ssh { $jump }" clone
    [git-receive-pack] git -c core.sshCommand="ssh { $jump }" clone
   *[other] ssh { $jump }
}
elsewhere-where = { $word ->
    [scp] :
    [rsync] :
    [git] :FOLDER
    [git-upload-pack] :FOLDER
    [git-receive-pack] :FOLDER
   *[other] {""}
}
error-lead = here that is another command: write `{ $command }`
error-lead-clear = Ctrl-L clears the screen
error-redirected = no file is read with `<` here: write at your computer `ssh { $door } { $command } < FILE`
error-redirected-key = no file is read with `<` here: write `key add` and paste the line of your `.pub` file, or at your computer `ssh { $door } key add < FILE.pub`
