# Templates and quotas.

## What puerta answers
col-limit = limit
col-made-of = made of
col-origin = said by
col-ports = ports
col-quota = quota
col-used = in use
kind-publish = publish
state-publishing = being published
step-publish = making the template
word-offered = offered
word-retired = retired since { $at }; its image is still there
word-retired-removed = retired since { $at }
word-place-role = role
word-place-config = configuration
template-limits = { $cpus ->
    [one] { $cpus } CPU
   *[other] { $cpus } CPUs
}, { $memory } memory, { $disk } disk
done-template-published = `{ $template }:{ $number }` is published for `{ $course }` ({ $size }, in { $took }): `vm create NAME --template { $template }`; to have it without saying so, `course set { $course } --template { $template }`
done-template-retired = `{ $template }:{ $number }` is not offered any more{ $machines ->
    [0] {""}
    [one] ; its image stays for the machine that was made from it
   *[other] ; its image stays for the { $machines } machines that were made from it
}
done-port-unwanted = port { $service }, which the template publishes, was not published: { $reason }
quota-machines = machines
quota-running = running
quota-memory = memory
quota-cpus = cpus
quota-disk = disk
quota-backups = backups
quota-publications = publications
quotas-of = { $place ->
    [seat] What seat `{ $name }` has, and may have:
    [course] What a student's seat of course `{ $name }` may have:
   *[role] What a seat of role `{ $name }` may have:
}
done-quota-set = { $place ->
    [seat] seat
    [course] course
   *[role] role
} `{ $name }`: { $quota } up to { $limit }
done-quota-cleared = { $place ->
    [seat] seat
    [course] course
   *[role] role
} `{ $name }` has no { $quota } of its own any more: up to { $limit }
done-quota-over = already above it, and what they have stays: { $seats }
empty-quotas = you have no seat, and so nothing is counted
ask-template-retire = Offer the template `{ $template }` no more?

## What goes wrong
error-template-retired = the template `{ $template }` is not offered any more: see those there are with `template list`
error-unknown-template = there is no template `{ $template }`: see those there are with `template list`
error-template-engine = `{ $template }` is a template of the engine: only the technician removes it
error-template-own = `{ $template }` is the name of a template of the engine: choose another one
error-template-running = `{ $vm }` is not stopped: stop it with `vm stop` and repeat
error-template-missing = the engine does not have that template any more: tell your teacher
error-description-long = the description is too long: write at most { $max } characters
error-undone-publish = puerta was restarted before the template was made: publish it again
error-too-many-ports = those are too many ports: name at most { $max }
error-quota-place = say for whom, once: `--seat`, `--course` or `--role`
error-quota-unset = the quota `{ $named }` is not set for `{ $name }`

## Help
use-template-show = template show TEMPLATE[:VERSION]
sum-template-show = Shows everything about a template: its versions, limits and ports.
help-template-show =
    Example: template show tomcat
use-template-publish = template publish MACHINE --name TEMPLATE [--course COURSE] [--description TEXT] [--cpus N] [--memory SIZE] [--disk SIZE] [--ports PORT,…]
sum-template-publish = Makes a template of a stopped machine of yours (teachers).
help-template-publish =
    It is offered to one course, and changes nothing for others, also where they
    have one of that name. The same name again makes the next version; numbers are
    counted over all courses. The machine stays as it is. These do not go into the
    template: host keys, machine-id, the machine's name and address, keys that open
    root's and users' doors, the history of shells, the journal, and what is in
    `/tmp`. Everything else does: look for passwords and private keys yourself
    first.

    --course COURSE      the course it is for; otherwise the machine's own
    --description TEXT   a line about it
    --cpus N             what a machine of it gets when nothing is asked for;
    --memory SIZE        otherwise what this machine has
    --disk SIZE
    --ports PORT,…       ports of a machine of it that are published: `80,53/udp`

    Example: template publish web1 --name tomcat --ports 8080
use-template-retire = template retire TEMPLATE[:VERSION] [--course COURSE] [--yes]
sum-template-retire = Offers a template, or one version of it, no more (teachers).
help-template-retire =
    Machines that were made from it stay. The image stays until the last of them
    is gone.

    --course COURSE    whose, where several courses have one of that name
    --yes              without asking

    Example: template retire tomcat:1

help-quota = Quotas: how much a seat may have.
use-quota-show = quota show [--seat SEAT | --course COURSE | --role ROLE]
sum-quota-show = Shows how much your seat has and may have.
help-quota-show =
    --seat SEAT        that seat's (teachers)
    --course COURSE    what holds in a course (teachers)
    --role ROLE        what holds for a role (teachers)

    Example: quota show
use-quota-set = quota set QUOTA AMOUNT --seat SEAT | --course COURSE | --role ROLE
sum-quota-set = Changes how much seats may have (teachers).
help-quota-set =
    QUOTA is `machines`, `running`, `memory`, `cpus`, `disk`, `backups` or
    `publications`. AMOUNT is a number, a size such as `2G`, or `default`, which
    takes away what was set there.
    What is set for a seat holds before its course's, that before its members'
    role's, and that before the configuration's. Nobody loses what they have.

    Example: quota set running 3 --course aso-2026
