# What puerta says without being asked, and what it asks.

notice-welcome = Hello, { $login }: you have { $machines } of { $quota } machines. Type `help` to see what you can do.
notice-little-room = only { $mib } MiB are left on the audit's disk, and without room nothing is done: tell the technician
notice-first-login =
    You came in with a code that will not work again. Before you leave, do one of these two:
      key add ssh-ed25519 AAAA…   paste the line of your file ~/.ssh/id_ed25519.pub
      passwd                      or set a password for `ssh { $portflag }{ $login }@{ $host }`
notice-goodbye = Goodbye.
notice-job-detached = Job { $job } goes on by itself: see it again with `job watch { $job }`.
notice-suspended = Your door is closed: talk to your teacher.
notice-shutdown = puerta restarts: your machines go on running; come back in a minute.
notice-too-many-connections = You have too many connections open: close some, then connect again.
notice-too-many-tries = Too many wrong passwords: wait a moment and connect again, or ask your teacher for a new code.
notice-wrong-password = The password or code is not right.
notice-displaced = Others took this place before you had logged in: connect again.
notice-door-full = Too many connections are open: retry in a minute.
notice-door-narrowed = Many connections from your network went away without logging in, and others are half way now: retry, in { $minutes } min at most, with a single connection.
notice-too-much-waiting = A channel of your connection asked for more things at once than are kept: ask for less and connect again.
notice-not-utf8 = What you typed is not UTF-8 and could not be read: set your terminal to UTF-8 and repeat.
notice-closed = This session ends; your machines stay as they are.
notice-left-alone = Nothing was done.

ask-hint = [y/N]
ask-vm-delete = Remove the machine `{ $vm }` with everything in it? Its backups stay.
ask-vm-restore = Put `{ $vm }` back to what it was in `{ $backup }`? What it holds now is lost.
ask-vm-restore-newest = Put `{ $vm }` back to what it was in its newest backup? What it holds now is lost.
ask-vm-backup = Make the backup of `{ $vm }`? { $keep } are kept, and the oldest goes: { $backups }.
ask-backup-delete = Remove the backup `{ $backup }` for ever?
ask-key-remove = Remove the key `{ $key }`? It will not open your door any more.
ask-person-suspend = Close the door of `{ $login }`? Their open sessions end now.
ask-person-remove = { $all ->
    [0] Remove `{ $login }`? Their open sessions end now.
    [one] Remove `{ $login }`, and for ever the one machine or backup that is theirs alone? Their open sessions end now.
   *[other] Remove `{ $login }`, and for ever all { $all } machines and backups that are theirs alone? Their open sessions end now.
}
ask-key = Paste the line of your public key:{ " " }
ask-password = New password:{ " " }
ask-password-again = Again:{ " " }

progress = job { $job }: { $step }
progress-bytes = job { $job }: { $step }, { $done }
progress-of = job { $job }: { $step }, { $percent }% ({ $done } of { $total })
step-queue = waiting its turn
step-create = making the machine
step-start = starting
step-export = copying
step-verify = checking
step-import = bringing it back
step-stop = stopping
step-swap = changing the old one for the new
step-rollback = undoing the swap
step-remove = removing

method-publickey = key
method-password = password
method-code = one-time code
