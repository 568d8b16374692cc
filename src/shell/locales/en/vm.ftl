# What is said of machines: a new verb of `vm` has all its words here.

## Help
overview-vm =
    Your machines (also without `vm` before it: `start web1`)
      vm list                    those that you have
      vm create NAME             makes one and starts it
      vm show NAME               everything about one
      vm start NAME              starts it
      vm stop NAME               stops it
      vm restart NAME            stops it and starts it
      vm rename NAME NEW         gives it another name
      vm delete NAME             removes it
      vm backup NAME             makes a backup
      vm restore NAME            puts it back to what it was in a backup, or
                                 brings it back if you removed it
      vm console NAME            opens a terminal in it, also without network
help-vm = Machines. Also without `vm` before them: `start web1`, `backup web1`.
use-vm-list = vm list [--seat SEAT|--course COURSE|--all]
sum-vm-list = Shows your machines, with their state and address.
help-vm-list =
    --seat SEAT        that seat's (teachers)
    --course COURSE    those of all seats of the course (teachers)
    --all              those of all seats (teachers)

    Example: vm list --json
use-vm-create = vm create NAME [--template TEMPLATE] [--cpus N] [--memory SIZE] [--disk SIZE] [--new-keys]
sum-vm-create = Makes a machine and starts it.
help-vm-create =
    The name has lower-case letters, digits and `-`, at most 40, and is also the
    name inside the machine.

    --template TEMPLATE   what it is made from (`template list`), with `:VERSION`
                          for another than the newest; otherwise the course's,
                          or the only one there is
    --cpus N              cores that it may use
    --memory SIZE         memory: `512M`, `1G`
    --disk SIZE           disk: `4G`
    --new-keys            with new ssh keys, not those of the last one of that
                          name that you deleted (your client will warn you)

    Example: vm create web1 --template debian-12 --memory 512M
use-vm-show = vm show NAME
sum-vm-show = Shows everything about a machine and, when it runs, how much it uses.
help-vm-show =
    Example: vm show web1
use-vm-start = vm start NAME
sum-vm-start = Starts a stopped machine.
help-vm-start =
    For professors: --course, the machine of that name of each student of the
    course, or with --group only of one group, under one job.

    Example: start web1
use-vm-stop = vm stop NAME [--force]
sum-vm-stop = Stops a machine; what it holds stays.
help-vm-stop =
    For professors: --course, the machine of that name of each student of the
    course, or with --group only of one group, under one job.

    --force    without waiting for it to shut down, as by pulling the plug

    Example: stop web1
use-vm-restart = vm restart NAME
sum-vm-restart = Stops a machine and starts it again.
help-vm-restart =
    For professors: --course, the machine of that name of each student of the
    course, or with --group only of one group, under one job.

    Example: restart web1
use-vm-rename = vm rename NAME NEW
sum-vm-rename = Gives a machine another name.
help-vm-rename =
    It goes on as it is, and whoever is in it stays: it keeps its address, its
    keys, its backups and its published ports. Its name inside the machine
    (`hostname`) stays too; change it there if you want to.

    Example: vm rename web1 web2
use-vm-delete = vm delete NAME [--yes]
sum-vm-delete = Removes a machine for ever; its backups stay.
help-vm-delete =
    For professors: --course, the machine of that name of each student of the
    course, or with --group only of one group, under one job.

    --yes    without asking

    Example: vm delete web1
use-vm-backup = vm backup NAME [--note TEXT] [--yes]
sum-vm-backup = Makes a backup of a machine.
help-vm-backup =
    The machine may go on running. When it has as many backups as are kept, the
    oldest goes: puerta says before which one and asks (`backup protect` keeps it).
    If you close the session, the backup goes on: see it with `job list`.

    --note TEXT    what it is for: `backup list` shows it
    --yes          without asking

    Example: vm backup web1
use-vm-restore = vm restore NAME [--backup BACKUP] [--as NEW] [--yes]
sum-vm-restore = Makes a machine as in a backup again, or brings a removed one back.
help-vm-restore =
    What it holds now is lost; its address stays. If something fails half way, the
    machine stays as it was.
    If you removed it, it is made again with its backups and its host keys, though
    its address may be another.

    --backup BACKUP    which (`backup list`); otherwise the newest
    --as NEW           makes another machine of that name beside it and leaves this
                       one; the copy has host keys and a machine-id of its own
    --yes              without asking

    Example: vm restore web1

## Done
col-host-key = its ssh key
col-visitor = in it now
visitor = { $login }, helping since { $since }: their key is in it until they leave
done-vm-created = `{ $vm }` is running at { $address }; enter from your computer with `ssh { $jump } root@{ $vm }`
done-vm-created-keyless = `{ $vm }` is running at { $address }; nobody of `{ $seat }` has a key yet: who adds one at puerta with `key add` gets in with it at once
done-vm-started = `{ $vm }` is running at { $address }
done-vm-stopped = `{ $vm }` is stopped
done-vm-restarted = `{ $vm }` was restarted and is running at { $address }
done-vm-keys-blocked = but not all that puerta writes into it was written (keys of its people, names of a practice), because `{ $file }` is no plain file or folder: delete it with `vm console { $vm }` and repeat `vm restart { $vm }`
done-vm-renamed = `{ $name }` is called `{ $vm }` now; its address, keys, backups and published ports are as they were
done-vm-deleted = `{ $vm }` is removed{ $backups ->
    [0] {""}
    [one] ; one backup of it stays: `vm restore { $vm }` brings it back
   *[other] ; { $backups } backups of it stay: `vm restore { $vm }` brings it back
}{ $ports ->
    [0] {""}
    [one] ; its published port is free again
   *[other] ; its { $ports } published ports are free again
}
done-vm-restored = `{ $vm }` is again as in `{ $backup }`, at { $address }
done-vm-remade = `{ $vm }` is here again, as in `{ $backup }`, running at { $address }
done-vm-copied = `{ $vm }` is a new machine, as in `{ $backup }`, running at { $address }; it has host keys and a machine-id of its own

## Errors
error-no-vm = you have no machine `{ $vm }`: see which there are with `vm list`
error-vm-not-ready = `{ $vm }` is not ready yet, or is being removed: see how it goes with `job list`
error-vm-exists = there is already a machine `{ $vm }`: choose another name, or remove it with `vm delete { $vm }`
error-vm-busy = `{ $vm }` is busy: { job-word } since { $since }; wait until it ends (`job list`)
error-vm-stopped = `{ $vm }` is stopped: start it at puerta with `vm start { $vm }`
error-vm-running = `{ $vm }` is running: stop it first with `vm stop { $vm }`
error-vm-unreachable = `{ $vm }` does not answer: wait a minute and repeat; if it goes on, restart it with `vm restart { $vm }`
error-vm-missing = `{ $vm }` is gone from the engine: bring it back with `vm restore { $vm }`, or remove it with `vm delete { $vm }`
error-vm-ambiguous = there are several machines `{ $vm }`: say of which seat, as in { $choices }

## Keys by which machines are known
error-host-keys-late = the engine did not say the keys of `{ $vm }` in time; try again
known-hosts-none = { $vm }: no ssh keys, since it has never started or the engine did not say them in time
ssh-config-about =
    Of { $login } at { $host }. It goes into a file of its own, ~/.ssh/puerta.conf,
    and ~/.ssh/config names it in its first line:  Include puerta.conf
    You compare the key of puerta once, the first time; nobody asks about those
    of your machines. The ones that you make later have their full name, or a
    short one when you write this file again.
ssh-config-asks = It takes OpenSSH 8.5 or later (`ssh -V`); else `ssh-config --file`.
ssh-config-file =
    Those are in another file. Make it now, and again when you make or restore one:
    ssh puerta known-hosts > ~/.ssh/known_hosts.puerta
    On Windows:
    cmd /c "ssh puerta known-hosts > %USERPROFILE%\.ssh\known_hosts.puerta"
