# Sessions, messages, consoles and recordings.

## Headings
col-came = since
col-open = open
col-session = session
word-recorded = recorded

## Replies
empty-sessions = There is nobody whom you may see.
empty-recordings = There are no recordings that you may play.
done-session-closed = The session `{ $session }` of `{ $login }` was closed.
done-message = { $shells ->
    [0] Nobody got it.
    [one] One open shell got it.
   *[other] { $shells } open shells of { $persons ->
        [one] one person
       *[other] { $persons } persons
    } got it.
}
done-message-without = None open: { $names }

## Notices
notice-message = ** Message from { $from }: { $text }
notice-forward-cut = ** The connection to port { $port } of `{ $vm }` was cut: it is no longer allowed, or the machine was removed.
notice-no-longer = The connection to your machine was cut: it is no longer allowed, or the machine was removed.
notice-closed-by-staff = Your teacher closed this session; your machines stay as they are.
notice-key-removed = The key that you came in with was removed: come in with another.
notice-closed-by-oneself = You closed this session from another one; your machines stay as they are.
notice-console = Console of `{ $vm }`. To leave: Ctrl-] (on some keyboards Ctrl-5) or `exit`.
notice-console-recorded = ** This console is recorded: everything that the machine shows. What you type, only if it shows that.
notice-console-left = You left the console of `{ $vm }`; the machine goes on running.
notice-watched = ** { $login } is looking on at this console.
notice-watched-no-more = ** { $login } does not look on any more.
notice-playing = Console of { $login } in `{ $vm }`, { $columns } columns and { $rows } rows. To stop: `q` or Ctrl-C.
notice-played = End of the recording.
notice-play-stopped = Playing stopped.
notice-watching = Console of { $login } in `{ $vm }`, { $columns } columns and { $rows } rows. You only look; to leave: `q` or Ctrl-C.
notice-watched-size = ** It has { $columns } columns and { $rows } rows now.
notice-watch-ended = You do not look on any more.
ask-session-close = Close the session `{ $session }` with everything that is open in it?

## Errors
error-no-session = there is no session `{ $session }`: see which there are with `session list`
error-no-console = there is no open console `{ $session }`: see which there are with `session list`
error-no-recording = there is no recording `{ $session }`: see which there are with `session recordings`
error-console-terminal = the console needs a terminal: write `ssh -t { $door } vm console { $vm }`, or come in and type `vm console { $vm }`
error-watch-terminal = looking on needs a terminal: write `ssh -t { $door } session watch { $session }`
error-console-away = no terminal can be opened in `{ $vm }`: see how it is with `vm show { $vm }`
error-console-lost = the terminal of `{ $vm }` was lost and the machine goes on running: repeat `vm console { $vm }`
error-console-cut = the console was cut: you may no longer use it, or the machine is being removed; see yours with `vm list`
error-recording = the console was to be recorded and the recording cannot be written: tell your teacher
error-recording-full = the recording has reached { $max } MiB and the console ends with it: open another
error-session-part = `{ $part }` is a part of the session `{ $session }`, and only the whole of it can be closed: write `session close { $session }`
error-message-long = the message is too long: use at most { $max } characters
error-message-nobody = there is nobody to send it to with the name `{ $name }`: see who there is with `person list` and `course list`

## Help
use-vm-console = vm console MACHINE
sum-vm-console = Opens a terminal inside the machine, even one without network or sshd.
help-vm-console =
    You come in as root, through the engine and not through the network. It helps
    with a machine that `ssh` does not get into any more. It needs a terminal:
      ssh -t { $door } vm console web1
    Leave with Ctrl-] (where that is hard to type, Ctrl-5) or by ending the
    shell (`exit`); the exit status is the shell's. If it is recorded you are
    told before it begins.
help-session = Sessions: who is connected, and what they have open.
use-session-list = session list [--person LOGIN] [--course COURSE]
sum-session-list = Shows your open connections (teachers: everybody's).
help-session-list =
    --person LOGIN     only that person's
    --course COURSE    only those of that course's people (teachers)

    Example: session list --course aso-2026
use-session-show = session show SESSION
sum-session-show = Everything that a connection has open, with its bytes.
help-session-show =
    Example: session show 6925d1f20003
use-session-close = session close SESSION [--yes]
sum-session-close = Closes a connection with everything that is open in it.
help-session-close =
    --yes    does not ask

    Whoever is in it reads why it closes. They can come in again: to keep them
    out, `person suspend`.
use-session-recordings = session recordings [--person LOGIN]
sum-session-recordings = Shows the recordings of consoles (teachers).
help-session-recordings =
    --person LOGIN    only that person's
use-session-play = session play RECORDING [--speed N]
sum-session-play = Plays the recording of a console (teachers).
help-session-play =
    --speed N    so many times faster: `2`, `0.5`

    Pauses are cut to 2 seconds. Stop with `q` or Ctrl-C. Without a terminal it
    gives the file as it is (asciicast v3):
      ssh { $door } session play 6925d1f20003-2 > class.cast
use-session-watch = session watch CONSOLE
sum-session-watch = Looks on at a console while it is open (teachers).
help-session-watch =
    You only look: nothing that you type gets to the machine. Whoever is in it
    reads that you look on. Leave with `q` or Ctrl-C.
use-message = message LOGIN|COURSE TEXT...
sum-message = Writes to the open shells of somebody or of a course (teachers).
help-message =
    It appears above what they are typing, without spoiling it. It says who had
    none open.

    Example: message aso-2026 ten minutes left
