# The audit.
help-audit = Audit: who did what, from where and how it ended. Your own lines are
    `audit mine`; the other verbs are for teachers.
use-audit-list = audit list [--person LOGIN] [--seat SEAT] [--vm MACHINE] [--action ACTION] [--outcome OUTCOME] [--from NETWORK] [--connection ID] [--since T] [--until T] [--page N] [--limit N] [--csv]
sum-audit-list = Shows lines of the audit, the newest page first.
help-audit-list =
    --person LOGIN     what that person did
    --seat SEAT        what was done with machines of that seat
    --vm MACHINE       what was done with that machine: `web1.alumno1`
    --action ACTION    actions that start so: `vm-`, `login`
    --outcome OUTCOME  `allowed`, `denied`, `done` or `failed`
    --from NETWORK     what came from there: `192.0.2.0/24`
    --connection ID    on that connection
    --since T          from: `30m`, `2h` or `3d` ago, `2026-11-23`,
                       `2026-11-23T10:00` (the lab's clock)
    --until T          to
    --limit N          N lines a page (50 when not said, at most 1000)
    --page N           an older page; the first says how to ask for the second
    --csv              for a spreadsheet

    Example: audit list --person alumno1 --since 2h
use-audit-mine = audit mine [--vm MACHINE] [--action ACTION] [--since T] [--until T] [--page N] [--limit N] [--all] [--csv]
sum-audit-mine = Shows what you did, and what anybody did to your machines.
help-audit-mine =
    The filters of `audit list`. Of what others did to your machines you see who,
    what and how it ended, not where they were. Each command is one line, with how
    it ended; `--all` shows every one.

    Example: audit mine --since 3d
use-audit-search = audit search TEXT [FILTERS]
sum-audit-search = Shows the lines in which a text stands, anywhere.
help-audit-search =
    The text counts as it is, capitals too. The filters of `audit list`.

    Example: audit search nodo01 --outcome denied
use-audit-show = audit show ID
sum-audit-show = Tells the story of one connection, from its login to its end.
help-audit-show =
    ID    the `connection` of its lines in `audit list --json` or `--csv`

    Example: audit show 6a1bc2d30007
use-audit-tail = audit tail [-f] [-n N] [FILTERS]
sum-audit-tail = Shows the last lines; with -f also those that come.
help-audit-tail =
    -f, --follow     go on until Ctrl-C or hang-up
    -n, --lines N    how many of the last (10 when not said, at most 1000)

    The filters of `audit list`. Whoever reads more slowly than lines come is
    told how many went by. With --json every line is a document.

    Example: audit tail -f --outcome denied
use-audit-verify = audit verify
sum-audit-verify = Checks that the audit is what was written: its chain and signatures.
help-audit-verify =
    Names the first line that does not fit, and says up to which line the audit
    is signed. Ends with status 1 if anything does not fit.

    Example: audit verify
use-audit-export = audit export [--since T] [--until T]
sum-audit-export = Gives out lines of the audit in one file, with a proof.
help-audit-export =
    Write standard output into a file. Whoever has the public key of the audit
    checks it anywhere with `puerta audit verify FILE --key audit.pub`.

    Example: ssh { $door } audit export --since 3d > audit.jsonl

col-connection = connection
audit-more = page { $page }; for the next, the same with `--page { $next } --until { $until }`
audit-story-cut = only its last lines follow: for all, `audit list --connection` with `--page`
audit-missed = { $lines ->
    [one] one line went by unseen
   *[other] { $lines } lines went by unseen
  }
audit-whole = { $lines ->
    [one] one line fits
   *[other] { $lines } lines fit
  }, in { $files ->
    [one] one file
   *[other] { $files } files
  }: the audit is what was written
audit-broken = `{ $file }`, line { $line }: { $reason }
audit-rest = { $lines } lines before it fit; of the { $rest } from there on, { $intact } are intact by themselves
audit-begins = lines up to { $last } were removed for their age; that is signed
audit-unremembered = there is no `audit.heads` beside it: an end that was cut off would not be found
audit-signed = signed up to line { $line }, on { $at }, with `{ $key }`
audit-since = { $lines ->
    [one] the line after it is not signed yet
   *[other] the { $lines } lines after it are not signed yet
  }
audit-unsigned = nothing is signed
audit-checking = checking: { $lines } lines
notice-registry-away = puerta cannot look up who you are just now: wait a minute and come in again
notice-unwritten = The audit log cannot be written, and nobody comes in unwritten: tell your teacher.
error-no-connection = there is no connection `{ $connection }` in the audit: take one from `audit list --json`
error-audit-busy = the audit is being read as a whole by others: try again in a minute
error-audit-broken = line { $line } of the audit is not what was written, so there is no export: see `audit verify`
error-audit-unsigned = the end of the audit is not signed, so there is no export: see `audit verify`
error-audit-export-terminal = an export is a file: from your computer, write `ssh { $door } audit export > audit.jsonl`
