# The policy and the second factor.

## Errors
error-no-policy = no policy in force is called `{ $policy }`: see them with `policy show`
error-policy-long = the policy is too long: send at most { $max } bytes
error-policy-refused = the policy would be refused, and the one in force stays: { $reason }
error-policy-verb = `{ $word }` is no verb here: write one of { $choices }
error-policy-no-target = `{ $action }` is about the whole lab: write nothing after it
error-policy-target-port = `{ $action }` wants a machine and a port: write for example `web1.alumno1:22`
error-policy-target-vm = `{ $action }` wants a machine: write for example `web1.alumno1`
error-policy-target-seat = `{ $action }` wants a seat: write its name
error-policy-target-course = `{ $action }` wants a course: write its name
error-policy-target-publication = `{ $action }` wants a port of puerta: write its number
error-policy-target-backup = `{ $action }` wants a backup: write its name, and `.` and its seat if it is another's
error-policy-target-person = `{ $action }` wants a person: write their user name
error-policy-address = `{ $value }` will not do for `{ $option }`: write an IP address such as `192.0.2.7`
error-policy-rule = `{ $value }` is no rule: write the number of one in `policy rule list`
error-policy-hours = `{ $value }` will not do for `{ $option }`: write days and hours such as `mon-fri 08:00-21:00` (also `monday`, `lunes`), in quotes, several with commas between
error-policy-networks = `{ $value }` will not do for `{ $option }`: write networks such as `192.0.2.0/24`, with commas between and without spaces
error-no-rule = there is no rule { $rule }: see which there are with `policy rule list`
error-rule-window = the rule ends before it begins, or it is too far away: look at `--from` and `--until`
error-rule-past = that ended already, at { $at }: look at `--until`
error-rule-no-campus = the configuration knows no campus: write `--networks`
error-publications-closed = a rule of your teachers (an exam, say) keeps the published ports of `{ $course }` closed now: wait until it ends, or ask them
error-not-found = there is no such thing

## Answers
done-policy-taken = { $source ->
    [input] This would be taken: { $policies ->
        [one] one policy
       *[other] { $policies } policies
    }.
    [folder] The folder would be taken as it is now: { $policies ->
        [one] one policy
       *[other] { $policies } policies
    }, ready rules included.
   *[other] No folder is configured; the built-in policies are good: { $policies }, ready rules included.
}
done-policy-refused = { $source ->
    [input] This would be refused:
   *[other] The folder would be refused as it is now, and what is in force would stay:
}
done-policy-known = In force already, under the same name: { $known }.
done-policy-allowed = allow: `{ $login }` may `{ $verb }` on { $target } ({ $at }, from { $from }), by
done-policy-denied = deny: `{ $login }` may not `{ $verb }` on { $target } ({ $at }, from { $from }), by
done-policy-reason = { $reason ->
    [nothing] default: nothing allows it
    [absent] absence: there is no such thing for them
    [ambiguous] ambiguity: several of theirs are called so, or none was said
    [outside-lab] destination: an address outside the lab
    [localhost] destination: `localhost` is never what was meant
    [address-spelling] destination: an address has one spelling, such as `10.0.0.66`
    [port] destination: no such port
   *[other] destination: not one ({ $reason })
}
done-policy-second-factor = Who came in with a second factor may.
done-rule-added = Rule { $rule } is on (`{ $policy }`): { $says }
done-rule-nobodys = Nobody of the course has a machine of this name now: { $machines }.
done-rule-removed = Rule { $rule } is off: { $says }
done-rule-zone = The hours are those of the time zone { $zone }.
notice-not-now = By the policy you may not be in now (an exam, a timetable, where you come in from): your machines go on as they are; ask your teacher.
empty-rules = No ready rule is on.
word-the-lab = the lab
state-rule-on = on
state-rule-off = not now
state-rule-over = over
ask-rule-remove = Turn rule { $rule } off? What it forbade is allowed again at once.
col-policy = POLICY
col-file = FROM
col-rule = RULE
col-says = SAYS
col-rule-kind = KIND
col-author = BY

## policy
help-policy = Policy: who may do what, and rules for a while (teachers).
use-policy-show = policy show [POLICY]
sum-policy-show = Shows the policies in force, with the file or the rule they come from.
help-policy-show =
    Example: policy show students-own-machines
use-policy-check = policy check [--folder]
sum-policy-check = Says whether a policy would be taken, with every mistake and its line.
help-policy-check =
    It reads one file from standard input. Without input, or with --folder, it
    reads the configured folder again. It changes nothing.

    Example: ssh { $door } policy check < exam.cedar
use-policy-explain = policy explain WHO VERB [TARGET] [--at TIME] [--from ADDRESS]
sum-policy-explain = Says whether somebody may do something, and which policies say so.
help-policy-explain =
    VERB is an action of the audit (`vm-forward`), or its end where only one ends
    so (`forward`). TARGET is named as that person would name it: a machine, a
    destination with its port, a person, a seat, a course, a backup, a port.
    Nothing is done.

    --at TIME         then instead of now: `2026-12-04T08:00`
    --from ADDRESS    from there instead of from where you are

    Example: policy explain alumno1 forward web1.alumno2:22
use-policy-rule = policy rule list|add|remove …
sum-policy-rule = Ready rules: an exam, a timetable, the campus, a second factor.
help-policy-rule =
    policy rule list
    policy rule add exam --course COURSE --from TIME --until TIME
    {"                     ["}--machines web1,db1] [--verbs list,start,…]
        Meanwhile the course's students have only these machines (all, if not
        said) by these verbs (list, start, forward, console, if not said), and
        the course no egress and no published ports.
    policy rule add timetable --course COURSE --open "mon-fri 08:00-21:00"
        At other hours the course's students do not come in, and what they
        have open ends.
    policy rule add campus [--course COURSE] [--networks NETWORK,…]
        Students come in only from there; without networks, from the
        configuration's campus.
    policy rule add second-factor [--role profesor|admin|alumno]
        Without a second factor that role may only set one up. Teachers and
        admins, if not said.
    policy rule remove RULE

    Times are those of the lab's clock (`2026-12-04T08:00`; a day, `2026-12-04`),
    or with their distance from UTC: `2026-12-04T08:00+01:00`. A rule holds from
    when it is added.

    Example: policy rule add campus --course aso-2026

## To who may not come in now
error-barred-suspended = your account is suspended: talk to your teacher
error-barred-archived = you are not in the list of any course any more and your seat is archived: talk to your teacher
error-barred-campus = students{ $name ->
    [all] {""}
   *[other] { " " }of `{ $name }`
} only come in from { $networks }: connect to that network or its VPN and try again
error-barred-timetable = `{ $course }` is closed at this hour: come back from `{ $at }` on
error-barred-timetable-shut = `{ $course }` is closed and does not open in the next days: talk to your teacher
error-barred-policy = the policy of the lab does not let you in now: talk to your teacher

## During an exam
exam-machines = { $machines ->
    [all] {""}
   *[other] ; only { $machines }
}
error-exam = exam of `{ $course }` until { $until }{ exam-machines }
notice-exam-begins = The exam of `{ $course }` begins, until { $until }{ exam-machines }.
notice-exam-ends = The exam of `{ $course }` is over: everything of yours is back.
