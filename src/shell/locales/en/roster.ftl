# Enrolment and teams: what is said and what is answered.

## Help
use-course-enrol = course enrol COURSE [--dry-run] [--add | --archive N] [--start] [--map HEADING=NAME]... [--sheet | --csv] < LIST.csv
sum-course-enrol = Makes a course's people those of a list, whole or not at all.
help-course-enrol =
    The list is Moodle's or a spreadsheet's, with Moodle's names in its first
    line: `username,firstname,lastname,email` and, if you like,
    `group1,idnumber`, or as an export has them (`First name`...).
    A user `jose.nunez` becomes `jose-nunez`, and `ana@uni.es` becomes `ana`: the
    preview shows it, and they may type either to come in.
    Who is new gets a seat and a one-time code, which is shown only now. Who is
    not in it any more is archived: they do not come in, their machines stop and
    their ports close, but nothing is deleted; they come back with their row.

    When more than two people would go, and more than a tenth of the class (or
    more than ten), you have to say how many.

    --dry-run      says what would change, and changes nothing
    --add          only adds and corrects: archives nobody
    --archive N    yes, N go: the number that `--dry-run` says
    --start        starts what archiving stopped of who is there now
    --map HEADING=NAME
                   what a column is that is called otherwise
    --sheet        the codes as cards, to print and cut
    --csv          the codes as CSV, for Excel

    Example: ssh { $door } course enrol aso-2026 < alumnos.csv
use-course-code = course code COURSE [--sheet | --csv]
sum-course-code = Gives new codes to who has neither key nor password in the course.
help-course-code =
    For a lost sheet: the codes before no longer work.

    --sheet    as cards, to print and cut
    --csv      as CSV, for Excel

    Example: ssh { $door } course code aso-2026 --sheet > sheet.txt
use-seat-create = seat create TEAM|LOGIN --course COURSE [--member LOGIN]...
sum-seat-create = Makes a team's seat, with addresses and machines of its own.
help-seat-create =
    Its members see its machines as `web1.TEAM`, or `web1` if there is no other.
    With somebody's login and no `--member` it gives them a seat of their own:
    a teacher, say, who wants machines to make templates of.

    --course COURSE    the course it is in
    --member LOGIN     who is in the team; as often as you need

    Example: seat create team3 --course aso-2026 --member ana --member luis
use-seat-add = seat add TEAM LOGIN...
sum-seat-add = Adds members to a team.
help-seat-add =
    Example: seat add team3 eva
use-seat-drop = seat drop TEAM LOGIN [--yes]
sum-seat-drop = Drops a member of a team: what they have open there is cut at once.
help-seat-drop =
    The last one only when the team has no machines and no backups.

    --yes    without asking

    Example: seat drop team3 luis
use-seat-archive = seat archive SEAT [--yes]
sum-seat-archive = Archives a seat: it is nobody's, its machines stop, nothing is deleted.
help-seat-archive =
    It is what a list does that has no such row any more (`course enrol`).

    --yes    without asking

    Example: seat archive alumno1
use-seat-unarchive = seat unarchive SEAT [--start]
sum-seat-unarchive = Takes a seat out of the archive: it is its people's again.
help-seat-unarchive =
    --start    starts what archiving stopped

    Example: seat unarchive alumno1 --start
ask-seat-archive = Archive the seat `{ $seat }`? Its people are out and its machines stop; nothing is deleted.
use-seat-remove = seat remove SEAT [--all N] [--yes]
sum-seat-remove = Removes a seat: a team's, or one of somebody who stays.
help-seat-remove =
    While it has machines or backups they are counted, and it is refused without
    their number. With it they go too, for ever: nobody gets in from then on, and
    the seat is in `seat list` until they are gone.

    --all N    so many machines and backups go with it, protected ones too
    --yes      without asking

    Example: seat remove equipo3
ask-seat-remove = { $all ->
    [0] Remove the seat `{ $seat }`?
    [one] Remove the seat `{ $seat }`, and with it, for ever, the one machine or backup that it has?
   *[other] Remove the seat `{ $seat }`, and with it, for ever, all { $all } machines and backups that it has?
}
ask-seat-drop = Drop `{ $login }` from `{ $seat }`? What they have open in its machines is cut now.

## What is read
detail-of = `{ $of }`:{" "}
detail-line = line { $line }:{" "}
detail-value = line { $line }, `{ $value }`:{" "}
error-list-terminal = the list is read from standard input: at your computer write `ssh { $door } course enrol { $course } < list.csv`
error-list-long = the list is longer than { $max } MiB, the most that is read: see whether it is the file you meant
error-list-encoding = the list is neither UTF-8 nor another encoding that is known, and nothing was changed: save it as "CSV UTF-8" and repeat
error-list-empty = there is nobody in the list, which would archive the whole course: see whether it is the file you meant
error-list-columns = the first line lacks the columns { $columns }: write Moodle's names, or say which is which, as in `--map 'User=username'`
error-list-column-twice = there are two columns for `{ $column }`, `{ $first }` and `{ $second }`: leave one, or say which it is with `--map '{ $first }={ $column }'`
error-list-map = the list has no column `{ $column }`: see what it is called in its first line
error-list-many = there are { $people } people in the list, and { $max } fit in a course: split it
error-list-wrong = { $count ->
    [one] there is one mistake in the list
   *[other] there are { $count } mistakes in the list
} and nothing was changed: correct it and repeat
error-row-fields = there are { $fields } fields, and the first line has { $columns }: see to quotes and separators
error-row-missing = `{ $column }` is missing
error-row-long = `{ $column }` is longer than { $max } characters: see to the quotes
error-row-characters = `{ $column }` has characters that cannot be seen: remove them
error-row-email = that is not an e-mail address
error-row-twice = it is on line { $first } too: leave one
error-row-quote-open = the quotes that open on this line do not close on it: close them, or remove the line break inside the field
error-row-quote-space = there is a space before quotes: remove it
error-row-quote-inside = there are loose quotes inside a field: remove them, or put the whole field in quotes and double those inside
error-row-quote-after = there is something behind quotes that close, before the separator: remove it
error-row-one-login = it becomes `{ $login }`, as `{ $other }` of line { $first } does: change one of the two
error-row-another = it becomes `{ $login }`, who has another name at the campus: see them with `person show { $login }`, or change the one in the list
error-row-encoding = it is not UTF-8
error-row-more = … and { $count } more, on the lines { $lines }
error-seat-names = there is no free seat name for everybody of the list in `{ $course }`: see which there are with `seat list`
error-list-archives = the list would archive { $count } of { $class } people of `{ $course }`{ $machines ->
    [0] {""}
    [one] {" "}and stop one machine
   *[other] {" "}and stop { $machines } machines
}, and nothing was changed: if that is what you want, repeat with `--archive { $count }`; to add only, with `--add`
error-archived-one = `{ $login }` ({ $name })
error-archived-more = … and { $count } more
error-add-or-archive = say `--add` or `--archive`, one of the two: `--add` archives nobody
error-sheet-or-csv = say `--sheet` or `--csv`, one of the two
error-seat-archived = the seat `{ $seat }` is archived and its machines are stopped: put its row back into the list with `course enrol`, or `seat unarchive { $seat }`
error-team-exists = there is already a seat `{ $seat }`: choose another name
error-seat-holds = `{ $seat }` has { held }: repeat with `seat remove { $seat } --all { $all }`, and all of it goes for ever
error-seat-leaving = the seat `{ $seat }` is being removed with all that it holds: nothing can begin in it any more
held = { $machines ->
    [one] one machine
   *[other] { $machines } machines
} and { $backups ->
    [one] one backup
   *[other] { $backups } backups
}
error-seat-own = `{ $seat }` has a seat of their own in that course already: see it with `seat list`
error-team-login = `{ $seat }` is somebody's login: choose another name for the team, or leave `--member` out to give them a seat of their own
error-team-member = one of { $members } is in `{ $seat }` already: see who is with `seat list`
error-team-archived = one of { $members } is not in the course of `{ $seat }` any more: put their row back into the list with `course enrol`
error-team-not = `{ $seat }` is somebody's own seat: for several people make a team with `seat create`
error-team-no-member = { $members } is not in `{ $seat }`: see who is with `seat list`
error-team-last = { $members } is the last one in `{ $seat }`, which has { $count ->
    [one] a machine or backup: remove it
   *[other] { $count } machines or backups: remove them
} first, or add somebody else

## What is answered
col-campus = at the campus
col-change = change
col-code = code
col-email = e-mail
col-puerta = puerta's key
col-expires = valid until
col-group = group
col-idnumber = student number
col-seat-kind = kind
enrol-new = new
enrol-changed = changes
enrol-back = returns
enrol-archived = archived
enrol-warning-unknown-column = warning: nobody reads the column `{ $name }`
enrol-warning-encoding = warning: the list is not UTF-8; it was read as { $name }: see that the accents are right
enrol-warning-staff = warning: line { $line }, `{ $name }` is a teacher or admin; their row changes nothing
enrol-warning-garbled = warning: line { $line }, `{ $name }`: it should be `{ $meant }`, saved in another encoding
enrol-warning-lost = warning: line { $line }, `{ $name }`: letters seem to have been lost
enrol-warning-more = warning: and { $name } more
enrol-counts = new { $new }, changed { $changed }, back { $back }, archived { $archived }, as they were { $unchanged }
done-enrolled = `{ $course }`: { enrol-counts }
done-enrol-trial = nothing was changed; without `--dry-run`, in `{ $course }`: { enrol-counts }
done-enrol-same = `{ $course }`: nothing to change, as they were { $unchanged }
enrol-stops = { $count ->
    [one] one running machine is stopped
   *[other] { $count } running machines are stopped
}
enrol-many = they are many: to archive them, leave `--dry-run` out and add `--archive { $count }`
enrol-resting = { $count ->
    [one] one machine that archiving stopped is still stopped
   *[other] { $count } machines that archiving stopped are still stopped
} ({ $names }): start them all with the same list and `course enrol { $course } --start`, or one with `vm start { $vm }`
enrol-starts = { $count ->
    [one] one machine that archiving stopped is started
   *[other] { $count } machines that archiving stopped are started
} ({ $names }): see how it goes with `job list`
done-codes-made = { $count ->
    [0] in `{ $course }` everybody has a key or a password
    [one] a new code in `{ $course }`; it will not be shown again
   *[other] { $count } new codes in `{ $course }`; they will not be shown again
}
done-seat-created = `{ $seat }` is made at { $network }, { $members }'s own
done-team-created = team `{ $seat }` made at { $network }: { $members }
done-team-changed = in `{ $seat }` there are now: { $members }
door-archived = archived
seat-own = own
seat-team = team
seat-leaving = going
done-seat-archived = `{ $seat }` is archived: its machines stop, and all of it stays
done-seat-back = `{ $seat }` is out of the archive, for { $members }
done-seat-removed = the seat `{ $seat }` is nobody's any more
done-holding-goes = what there was ({ held }) is being removed: the seat is in `seat list` until all of it is gone
seat-archived = archived
