# Courses: their names, how they stand, what their machines are made from.

## What puerta answers
word-course-open = open
word-course-closed = read only
word-course-archived = archived
course-seats = { $count ->
    [one] one seat
   *[other] { $count } seats
}
course-stops = { $machines ->
    [0] none of its machines runs
    [one] its running machine stops
   *[other] its { $machines } running machines stop
}
done-course-renamed = `{ $was }` is `{ $course }` now; addresses, machines and ports stay
done-course-followed = These rules name it so too: { $rules }.
done-course-template = in `{ $course }`, `vm create NAME` makes a machine of `{ $template }`
done-course-no-template = `{ $course }` has no template of its own any more
done-course-same = `{ $course }` was so already: { $state ->
    [open] open
    [archived] archived
   *[closed] read only
}
done-course-closed = `{ $course }` is read only: its people come in, reach what runs, stop it, and see and delete their backups; nothing is created, started, restored, published or enrolled in it until `course reopen { $course }`
done-course-archived = `{ $course }` is archived ({ course-seats }); { course-stops }, and nothing is deleted: `course reopen { $course }` brings it back
done-course-reopened = `{ $course }` is open
course-resting = { $count ->
    [one] one machine that archiving stopped is still stopped
   *[other] { $count } machines that archiving stopped are still stopped
} ({ $names }): start them all with `course reopen { $course } --start`, or one with `vm start { $vm }`
done-course-removed = `{ $course }` is gone, with { course-seats } whose numbers are free again
done-course-templates = Its templates are not offered any more: { $templates }.
done-course-unseated = These people have no seat now: { $logins }. Give them one with `seat create LOGIN --course COURSE`, or remove them with `person remove LOGIN`.
ask-course-archive = Archive `{ $course }` ({ course-seats })? Its students do not come in any more, and { course-stops }.
ask-course-remove = Remove the course `{ $course }` and all its seats? That cannot be undone.

## What goes wrong
error-course-closed = the course `{ $course }` is { $state ->
    [archived] archived
   *[closed] closed (read only)
}: nobody gets a seat in it before it is open again, with `course reopen { $course }`
error-course-read-only = the course `{ $course }` is { $state ->
    [archived] archived
   *[closed] closed (read only)
}: nothing is created, started, restored or published in it until your teachers reopen it (`course reopen { $course }`)
error-course-archives = { $count ->
    [one] one seat
   *[other] { $count } seats
} of `{ $course }` would be archived and { course-stops }; nothing was changed: if that is what you want, repeat with `course archive { $course } --archive { $count }`
error-course-set = say what is to be set: `--template TEMPLATE` or `--no-template`
error-course-in-policy = policies of your files name the course `{ $course }` and would say nothing of it any more: { $policies }; have the technician write the new name there, and repeat
error-course-left = the course `{ $course }` still has something, and stays:
error-course-left-rule = rule { $rule } names it: `policy rule remove { $rule }`
error-course-left-seat = `{ $seat }`: { $machines ->
    [0] no machines
    [one] one machine
   *[other] { $machines } machines
} (`vm list --seat { $seat }`, `vm delete`), { $backups ->
    [0] no backups
    [one] one backup
   *[other] { $backups } backups
} (`backup list --seat { $seat }`, `backup delete`)
error-course-left-more = … and { $count } seats more
error-course-template = `{ $template }`, the usual template of `{ $course }`, is not offered any more: say another with `--template` (there are { $known }), and tell your teacher
error-template-courses = several courses have a template `{ $template }`: say whose with `--course` ({ $courses }), or its version
error-barred-course = { $courses } is archived: talk to your teacher

## Help
use-course-rename = course rename COURSE NEW
sum-course-rename = Gives a course another name.
help-course-rename =
    Its seats, machines, addresses and ports stay, and rules that name it say its
    new name. Where a file of the policy names it, that is said and the course
    keeps its name.

    Example: course rename aso-2026 aso-grupo-a
use-course-set = course set COURSE --template TEMPLATE[:VERSION] | --no-template
sum-course-set = Says what machines of a course are made from when nobody says.
help-course-set =
    --template TEMPLATE    what `vm create NAME` takes; without a version, the
                           newest each time
    --no-template          nothing: everybody says it

    Example: course set aso-2026 --template tomcat
use-course-close = course close COURSE
sum-course-close = Leaves a course to be looked at: nothing new begins in it.
help-course-close =
    Its people still come in, reach what runs, stop and delete it, and see and
    delete their backups. Nothing is created, started, restored, published or
    enrolled in it, by nobody, until `course reopen`.

    Example: course close aso-2026
use-course-archive = course archive COURSE [--archive N]
sum-course-archive = Archives all seats of a course; nothing is deleted.
help-course-archive =
    Its students do not come in unless they sit in another course, its machines
    stop, its ports lead nowhere. Seats, machines, backups, addresses and port
    numbers stay for `course reopen`.

    --archive N    so many seats: for more than a few, where nobody is asked

    Example: course archive aso-2026 --archive 60
use-course-reopen = course reopen COURSE [--start]
sum-course-reopen = Opens a closed or archived course again.
help-course-reopen =
    --start    starts what archiving stopped; also later, in an open course

    Example: course reopen aso-2026 --start
use-course-remove = course remove COURSE [--yes]
sum-course-remove = Removes a course without machines and backups, with its seats.
help-course-remove =
    What is still there is said, and what takes it away. Seat numbers are free
    again, its templates are not offered any more; people stay, and so does what
    the audit says.

    --yes    without asking

    Example: course remove aso-2026
