# Practices, and what is done to many machines at once.

## Help
help-practice = Machines that belong together, what they publish and what is checked.
use-practice-list = practice list
sum-practice-list = Lists the practices of your courses.
help-practice-list =
    Example: practice list
use-practice-show = practice show NAME [--course COURSE]
sum-practice-show = Shows the machines of a practice, and which you have.
help-practice-show =
    Example: practice show tomcat
use-practice-start = practice start NAME [--course COURSE [--group GROUP] | --seat SEAT]
sum-practice-start = Makes those machines of a practice that are missing, starts the others.
help-practice-start =
    Again, it makes only what is missing. All or nothing: where it does not fit
    the quota, or another machine of yours has one of those names, nothing is made
    and you read why. Inside, the machines know each other by their names in the
    practice.

    For professors:
    --course COURSE   for the seat of each student of the course
    --group GROUP     only those of that group of the list
    --seat SEAT       for one seat, also a team's

    Ctrl-C stops looking, and it goes on: `job watch @3`.

    Examples: practice start tomcat
              practice start tomcat --course aso-2026 --group L1
use-practice-stop = practice stop NAME [--course COURSE [--group GROUP] | --seat SEAT]
sum-practice-stop = Stops the machines of a practice; what is in them stays.
help-practice-stop =
    Example: practice stop tomcat
use-practice-reset = practice reset NAME [--course COURSE [--group GROUP] | --seat SEAT]
sum-practice-reset = Makes the machines of a practice as new, of its newest version.
help-practice-reset =
    What is in them is lost; their address, ports, backups and ssh keys stay.
    You are asked before.

    Example: practice reset tomcat
use-practice-publish = practice publish --course COURSE < FILE.toml
sum-practice-publish = Publishes the next version of a practice for a course.
help-practice-publish =
    The file says the machines (template, limits, ports, order) and what is
    checked: docs/practices.md. Each mistake is told with its line, and then
    nothing is published. Who runs it already goes on with their version.

    Example: ssh { $door } practice publish --course aso-2026 < tomcat.toml
use-practice-remove = practice remove NAME --course COURSE
sum-practice-remove = Offers a practice no more; the machines that were made stay.
help-practice-remove =
    Example: practice remove tomcat --course aso-2026
ask-practice-reset = What is in your machines of `{ $practice }` will be lost. Make them as new?
ask-practice-reset-of = What is in the machines of `{ $practice }` of `{ $of }` will be lost. Make them as new?
ask-practice-remove = Offer the practice `{ $practice }` no more?

## What puerta answers
col-practice = practice
col-title = title
col-published = published
col-after = after
kind-practice-start = practice: start
kind-practice-reset = practice: anew
kind-reset = anew
kind-many-start = start
kind-many-stop = stop
kind-many-restart = restart
kind-many-delete = delete
kind-practice-stop = practice: stop
step-machines = machine by machine
empty-practices = there are no practices in your courses
done-practice-published = `{ $practice }` is published for `{ $course }`, version { $number }: { $machines ->
    [one] one machine
   *[other] { $machines } machines
}, { $checks ->
    [0] nothing to check
    [one] one check
   *[other] { $checks } checks
}; it is begun by `practice start { $practice }`
done-practice-removed = `{ $practice }` is not offered in `{ $course }` any more; the machines that were made stay
done-practice-already = there is nothing to do: all of `{ $practice }` is as you ask, or about to be
practice-is = { $practice }, version { $number }, of { $course }
practice-title = { $title }
practice-newer = there is a version { $number } of `{ $practice }`; your machines go on with theirs
progress-machines = { $job }: { $done } of { $total } machines{ $failed ->
    [0] {""}
   *[other] , { $failed } failed
}
done-batch = { $kind } `{ $what }` ({ $place }): { $done } of { $total }{ $failed ->
    [0] {""}
   *[other] , { $failed } failed; { $act ->
        [practice-reset] `practice start { $what }`
       *[other] the same command
    } again does what is missing
}
batch-failed = { $vm }: { $reason }
batch-running = { $vm } is running, at { $address }
batch-stopped = { $vm } is stopped
batch-deleted = { $vm } is deleted
batch-absent = without `{ $what }`: { $names }
batch-port = { "  " }port { $port }

## Errors
error-no-practice = there is no practice `{ $practice }`: see those there are with `practice list`
error-practice-none-there = there are no machines of the practice `{ $practice }` here: begin it with `practice start { $practice }`
error-practice-same = `{ $practice }` is published already, and the file is the same: there is nothing to change
error-practice-terminal = the file comes by standard input: `ssh { $door } practice publish --course { $course } < FILE.toml`
error-practice-utf8 = the file is not UTF-8, and nothing was published: save it as UTF-8 and repeat
error-practice-long = the file has more than { $max } bytes, and nothing was published: a practice is shorter
error-practice-wrong = nothing was published:
error-practice-in-the-way = nothing of `{ $practice }` was made:
error-many-place = say `--seat SEAT`, or `--course COURSE` (and with it `--group GROUP`)
error-many-too-many = these are { $count } machines, and at once go { $max }: do it by groups, with `--group`
error-many-changed = something changed while it was looked at, and nothing was done: repeat it
error-many-nothing = nothing was done:
practice-quota = { $quota ->
    [machines] it asks for { $wanted } machines more, and has { $used } of { $limit }
    [running] it asks for { $wanted } more to run, and { $used } of { $limit } do
    [memory] it asks for { $wanted } MiB of memory more, and has { $used } of { $limit }
    [cpus] it asks for { $wanted } CPUs more, and has { $used } of { $limit }
    [disk] it asks for { $wanted } MiB of disk more, and has { $used } of { $limit }
   *[other] it asks for { $wanted } published ports more, and has { $used } of { $limit }
}; something may go by `vm delete` or `vm stop`, or a professor raises the limit `{ $named }` with `quota set`
error-many-absent = nobody in `{ $place }` has a machine `{ $vm }`
error-many-already = there is nothing to do: each `{ $vm }` of `{ $place }` is so already
error-many-force = `--force` is for one machine, not with `--course`
error-many-which = with `--course` the machine is said without a seat, and `--group` goes with `--course`: `vm start web1 --course COURSE --group GROUP`
ask-many-delete = Delete for good the machine `{ $vm }` of each student of `{ $place }`? Their backups stay.
error-many-nobody = there is no student's seat in `{ $place }`
practice-name-taken = there is another machine `{ $vm }` in `{ $seat }`: give it another name with `vm rename { $vm }.{ $seat } NEW`
practice-wrong-toml = it is not TOML: { $what }
practice-wrong-long = more than { $max } bytes
practice-wrong-missing = is missing
practice-wrong-unknown = there is no such key here
practice-wrong-kind = must be { $kind ->
    [text] a text without control characters
    [number] a number
    [list] a list
    [size] a size: `512M`, `1GiB`
    [service] ports: `[80, "53/udp"]`
    [template] a template: `debian-12`, `web:2`
   *[table] a table
}
practice-wrong-name = is not a name: lower-case letters, digits and `-`, and it begins with a letter
practice-wrong-range = must be from { $low } to { $high }
practice-wrong-many = more than { $max } of them
practice-wrong-vm = the practice has no machine `{ $name }`
practice-wrong-circle = { $names } start each after another, in a circle
practice-wrong-choice = must be one of these: { $known }
practice-wrong-twice = is there twice
practice-wrong-path = must begin with `/`, without spaces
