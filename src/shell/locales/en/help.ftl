# Help. Of each command: use- (how it is written), sum- (what it does, in a line), help- (the rest).

help-everybody =
    { overview-vm }

    Backups, templates and jobs
      backup list|show|delete    your backups
      backup protect|unprotect   have a backup stay
      template list|show         what a machine can be made from
      job list|watch             what is going on
      practice list|show         machines that belong together, in a practice
      practice start|stop|reset  those missing, and running; stopped; as new

    Ports of your machines, seen from outside
      port publish NAME PORT     lets a page of a machine be seen from outside
      port list|unpublish        those that you have; gives one up

    You
      key list|add|remove        the keys that you come in with
      passwd                     changes your password
      totp add|remove|codes      a second factor for coming in
      whoami                     who you are and how much you may have
      ssh-config                 for your ~/.ssh/config: come in by `ssh web1`
      known-hosts                the keys by which your machines are known
      lang es|en                 the language that you are spoken to in
      quota show                 how much of it you have
      session list|show|close    your connections, and what they have open
      audit mine                 what you did, and what was done to your machines
      exit                       leave (also `quit` and `salir`)

    From your computer
      ssh { $jump } root@web1      enter your `web1`
      ssh { $door } vm list           one command without coming in
help-staff =
    Teachers
      course create|list|enrol|code            courses, and their people from a list
      course rename|set|close|reopen           their name, their template, read only
      course archive|remove                    puts them away, or takes them out
      person add|list|show|edit|code|suspend   persons
      person remove|totp-reset                 removing, a lost second factor
      seat list|create|add|drop|remove         seats, and teams
      seat archive|unarchive                   archiving a seat, and back
      template publish|retire                  templates
      practice publish|remove                  practices of a course
      quota set                                how much seats may have
      node list|drain|resume                   nodes: how they are, draining
      vm move NAME NODE                        moves a machine to another node
      isolation check                          tries what machines reach
      audit list|show|tail|search              who did what
      audit verify|export                      checks it, gives it out
      policy show|check|explain|rule           who may do what; exams, timetables
      egress list|set|clear                    what machines may reach outside
      firewall show|plan|apply|check           the rules
      session list|show|close                  who is here, and what is open
      session watch|play|recordings            looks on at a console, or plays it
      message                                  writes to whoever is inside
help-others =
    Name the machine of another seat as `web1.alumno1`;
    see everybody's with `vm list --all`.
help-more =
    More: `help vm`, `help vm create`.
    With `--json` after it, any command answers in JSON.

## backup
help-backup = Backups. `backup web1` makes one: it is the same as `vm backup web1`.
use-backup-list = backup list [MACHINE] [--seat SEAT|--course COURSE|--all]
sum-backup-list = Shows your backups, machine by machine, or only those of one.
help-backup-list =
    It also says which are protected, and which one the next backup removes.

    --seat SEAT        that seat's (teachers)
    --course COURSE    those of all seats of the course (teachers)
    --all              those of all seats (teachers)

    Example: backup list web1
use-backup-show = backup show BACKUP [--seat SEAT]
sum-backup-show = Shows everything about a backup, also its SHA-256 sum.
help-backup-show =
    --seat SEAT    one of that seat (teachers)

    Example: backup show web1-20261123-041036
use-backup-delete = backup delete BACKUP [--seat SEAT] [--yes]
sum-backup-delete = Removes a backup for ever.
help-backup-delete =
    --seat SEAT    one of that seat (teachers)
    --yes          without asking

    Example: backup delete web1-20261123-041036
use-backup-protect = backup protect BACKUP [--seat SEAT]
sum-backup-protect = Has a backup stay.
help-backup-protect =
    No newer one removes it, nor does `backup delete`.
    It takes one of its machine's places (`whoami` says how many there are).

    --seat SEAT      one of that seat (teachers)

    Example: backup protect web1-20261123-041036
use-backup-unprotect = backup unprotect BACKUP [--seat SEAT]
sum-backup-unprotect = Takes the protection of a backup away.
help-backup-unprotect =
    --seat SEAT      one of that seat (teachers)

    Example: backup unprotect web1-20261123-041036

## template
help-template = Templates: what machines are made from.
use-template-list = template list
sum-template-list = Shows the templates there are.
help-template-list =
    With one of them: vm create web1 --template TEMPLATE

## key
help-key = Public keys that you come in with, to puerta and to your machines.
use-key-list = key list
sum-key-list = Shows your keys, with their numbers and fingerprints.
help-key-list =
    Example: key list
use-key-add = key add [LINE]
sum-key-add = Adds a key: the whole line of your `.pub` file.
help-key-add =
    Without a line, or with `-`, it is read from standard input.

    Examples
      key add ssh-ed25519 AAAA… ana@laptop
      ssh { $door } key add < ~/.ssh/id_ed25519.pub
use-key-remove = key remove NUMBER|FINGERPRINT [--yes]
sum-key-remove = Removes a key.
help-key-remove =
    --yes    without asking

    Sessions that came in by it are closed; this one, if it did, stays until
    you leave.

    Example: key remove 2

## job
help-job = Jobs: what puerta goes on doing even when you close the session.
use-job-list = job list [--seat SEAT|--course COURSE|--all]
sum-job-list = Shows the jobs of your machines, newest first.
help-job-list =
    --seat SEAT        that seat's (teachers)
    --course COURSE    those of all seats of the course (teachers)
    --all              those of all seats (teachers)

    Example: job list
use-job-watch = job watch NUMBER
sum-job-watch = Follows a job to its end.
help-job-watch =
    Ctrl-C stops watching; the job goes on. The number is that of `job list`: each
    seat counts its jobs from 1.

    Example: job watch 12

## course
help-course = Courses (teachers).
use-course-create = course create NAME [--year YEAR] [--version 0|1]
sum-course-create = Makes a course.
help-course-create =
    --year YEAR      its first year; otherwise the name's (`aso-2026`) or now's
    --version 0|1    its place in the address plan, shared with other courses;
                     otherwise the year's first with free seats

    Example: course create aso-2026
use-course-list = course list
sum-course-list = Shows the courses.
help-course-list =
    Example: course list

## person
help-person = Persons (teachers).
use-person-add = person add LOGIN [--course COURSE] [--name NAME] [--role ROLE] [--key LINE]
sum-person-add = Adds somebody, with a seat of their own in the course.
help-person-add =
    Without a key, puerta gives a one-time code to come in with the first time.

    --course COURSE    the course that their seat is in
    --name NAME        what they are called, in quotes
    --role ROLE        alumno (when not said), profesor or admin
    --key LINE         the line of their `.pub` file, in quotes;
                       `-` reads it from standard input

    Example: person add alumno1 --course aso-2026 --name "Ana Pérez"
use-person-list = person list [--course COURSE]
sum-person-list = Shows everybody, or who has a seat in a course.
help-person-list =
    --course COURSE    only those of that course

    Example: person list
use-person-show = person show LOGIN
sum-person-show = Shows everything about a person.
help-person-show =
    Example: person show alumno1
use-person-code = person code LOGIN
sum-person-code = Gives somebody a new one-time code; the one before no longer works.
help-person-code =
    Example: person code alumno1
use-person-edit = person edit LOGIN [--name NAME] [--email ADDRESS] [--idnumber NUMBER] [--campus NAME]
sum-person-edit = Puts right what is written of somebody.
help-person-edit =
    What is not said stays; `""` is nothing any more. A list that says otherwise
    (`course enrol`) changes it again.

    --name NAME          their name as people write it
    --email ADDRESS      where to write to them
    --idnumber NUMBER    their number at the school
    --campus NAME        what the campus calls them: they may come in by it too

    Example: person edit alumno1 --name "Ana Pérez"
use-person-suspend = person suspend LOGIN [--resume] [--yes]
sum-person-suspend = Closes somebody's door, sessions and ports; their machines stay.
help-person-suspend =
    --resume    opens it again
    --yes       without asking

    Example: person suspend alumno1
use-person-remove = person remove LOGIN [--all N] [--yes]
sum-person-remove = Removes somebody and the seat that is theirs alone.
help-person-remove =
    While it has machines or backups they are counted, and it is refused without
    their number. With it they go too, for ever; teams go on with who is left.

    --all N    so many machines and backups go with them, protected ones too
    --yes      without asking

    Example: person remove alumno1

## seat
help-seat = Seats: whose each machine is (teachers).
use-seat-list = seat list [--course COURSE]
sum-seat-list = Shows the seats, with their networks and members.
help-seat-list =
    --course COURSE    only those of that course

    Example: seat list

## port
help-port = Ports of puerta that lead to your machines: how others see a page of yours.
use-port-list = port list [--seat SEAT|--course COURSE|--all]
sum-port-list = Shows your published ports, who may reach them and what went through.
help-port-list =
    --seat SEAT        that seat's (teachers)
    --course COURSE    those of all seats of the course (teachers)
    --all              those of all seats (teachers)

    Example: port list
use-port-publish = port publish MACHINE PORT [--port N] [--udp] [--from NETWORK,…]
sum-port-publish = Makes a port of puerta lead to a port of a machine.
help-port-publish =
    puerta says which port it is. It stays the same whatever the machine does:
    stop, start, restore. The machine sees the visitor's own address.

    --port N           this port of puerta, if it is free; otherwise puerta chooses
    --udp              UDP instead of TCP
    --from NETWORK,…   only from these networks; otherwise from the campus

    Example: port publish web1 80
use-port-unpublish = port unpublish PORT
sum-port-unpublish = Gives a port of puerta up: it leads nowhere any more.
help-port-unpublish =
    PORT is the one of puerta (`port list`).

    Example: port unpublish 50012

## egress
help-egress = Egress: what machines may reach outside the lab (teachers).
use-egress-list = egress list
sum-egress-list = Shows the rules of seats and courses, and the one for all others.
help-egress-list =
    The rule of a seat goes before that of its course, and both before the one
    for all others, which is the configuration's.

    Example: egress list
use-egress-set = egress set allow|deny|NETWORK[:PORT],… --seat SEAT|--course COURSE
sum-egress-set = Says what the machines of a seat or of a course may reach outside.
help-egress-set =
    It also holds for connections that are open already. Names are resolved by
    the configured DNS servers only, and not at all with `deny`.

    allow              everything
    deny               nothing
    NETWORK[:PORT],…   only this: `192.0.2.0/24`, `192.0.2.7:443`,
                       `192.0.2.0/24:5432-5433`, `192.0.2.7:123/udp`

    Example: egress set deny --course aso-2026
use-egress-clear = egress clear --seat SEAT|--course COURSE
sum-egress-clear = Removes the rule of a seat or of a course.
help-egress-clear =
    Example: egress clear --course aso-2026

## firewall
help-firewall = Firewall: the rules that open ports and close seats (teachers).
use-firewall-show = firewall show
sum-firewall-show = Shows the rules as the kernel has them.
help-firewall-show =
    Example: firewall show
use-firewall-plan = firewall plan
sum-firewall-plan = Shows what puerta would change so that the rules are what they should be.
help-firewall-plan =
    Example: firewall plan
use-firewall-apply = firewall apply
sum-firewall-apply = Puts the rules right now; puerta does so by itself each minute.
help-firewall-apply =
    If it cannot be done, the old rules stay.

    Example: firewall apply
use-firewall-check = firewall check
sum-firewall-check = Says whether the rules are what they should be; if not, it exits with 1.
help-firewall-check =
    Example: firewall check

## node
help-node = Nodes: where the machines are (teachers).
use-node-list = node list
sum-node-list = Shows the nodes: how they are, their load, machines and rules.
help-node-list =
    Example: node list

## isolation
help-isolation = Isolation: whether seats are closed to each other (teachers).
use-isolation-check = isolation check [MACHINE...]
sum-isolation-check = Tries, from inside running machines of two seats, what they reach.
help-isolation-check =
    It tries their own machines, those of the other seat, the nodes and puerta,
    also with forged addresses and over IPv6, and shows what passes. It takes some
    ten seconds, leaves nothing in the machines, and ends with status 1 if
    anything passes that must not, or does not and must.

    Without names it chooses up to six running machines of two seats.

    Example: isolation check web1.alumno1 web1.alumno2

## You
use-passwd = passwd
sum-passwd = Changes your password; it is asked for twice and not shown.
help-passwd =
    It needs a terminal: come in with `ssh { $door }`, or use
    `ssh -t { $door } passwd`.
use-whoami = whoami
sum-whoami = Shows who you are, how you came in and how much your seat may have.
help-whoami =
    Example: whoami
use-known-hosts = known-hosts [MACHINE]
sum-known-hosts = Writes the keys of your machines, as they stand in a `known_hosts`.
help-known-hosts =
    They are asked of the engine, never of the network: those that the machine
    has now, also when you made it again or restored it, or when it moved. Who
    uses what `ssh-config` writes does not need them: their client asks by itself.

    Examples: known-hosts web1
              ssh { $door } known-hosts > ~/.ssh/known_hosts.puerta
use-ssh-config = ssh-config [--file]
sum-ssh-config = Writes what goes into `~/.ssh/config`, to enter by `ssh web1` without questions.
help-ssh-config =
    It goes into a file of its own, which `~/.ssh/config` names in its first line
    by `Include puerta.conf`. Your client asks puerta for the machine's key each
    time it enters, so it neither asks you nor warns that it has changed: it takes
    OpenSSH 8.5 or later. --file is for older clients and for Windows: the keys
    are in another file of yours, which you renew when you make or restore one.

    Examples: ssh { $door } ssh-config > ~/.ssh/puerta.conf
      ssh { $door } ssh-config --file > .ssh\puerta.conf   (`cmd`)
use-lang = lang [es|en]
sum-lang = Speaks to you in that language from now on; alone, says which holds.
help-lang =
    What you set here holds; if nothing, what your ssh client says (`LANG`, which
    that of Windows does not send); if nothing, the lab's language.

    Example: lang en
use-help = help [FAMILY [VERB]]
sum-help = Shows what can be done.
help-help =
    The same with `--help` or `-h` after a command.

    Example: help vm create
use-exit = exit
sum-exit = Leave puerta; your machines stay as they are.
help-exit =
    Also `quit`, `salir` and Ctrl-D.
