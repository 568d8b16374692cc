# La política y el segundo factor.

## Errores
error-no-policy = ninguna política en vigor se llama `{ $policy }`: míralas con `policy show`
error-policy-long = la política es demasiado larga: manda como mucho { $max } bytes
error-policy-refused = la política se rechazaría, y sigue la que hay: { $reason }
error-policy-verb = `{ $word }` no es un verbo aquí: escribe uno de { $choices }
error-policy-no-target = `{ $action }` trata de todo el laboratorio: no escribas nada detrás
error-policy-target-port = `{ $action }` pide una máquina y un puerto: escribe por ejemplo `web1.alumno1:22`
error-policy-target-vm = `{ $action }` pide una máquina: escribe por ejemplo `web1.alumno1`
error-policy-target-seat = `{ $action }` pide un puesto: escribe su nombre
error-policy-target-course = `{ $action }` pide un curso: escribe su nombre
error-policy-target-publication = `{ $action }` pide un puerto de puerta: escribe su número
error-policy-target-backup = `{ $action }` pide una copia: escribe su nombre, con `.` y su puesto si es de otro
error-policy-target-person = `{ $action }` pide una persona: escribe su usuario
error-policy-address = `{ $value }` no sirve para `{ $option }`: escribe una dirección IP como `192.0.2.7`
error-policy-rule = `{ $value }` no es una regla: escribe el número de una de `policy rule list`
error-policy-hours = `{ $value }` no sirve para `{ $option }`: escribe días y horas como `lun-vie 08:00-21:00` (también `lunes`, `miércoles`, `L-V`), entre comillas, varios separados por comas
error-policy-networks = `{ $value }` no sirve para `{ $option }`: escribe redes como `192.0.2.0/24`, con comas y sin espacios
error-no-rule = no hay ninguna regla { $rule }: mira cuáles hay con `policy rule list`
error-rule-window = la regla termina antes de empezar, o queda demasiado lejos: repasa `--from` y `--until`
error-rule-past = eso ya terminó, en { $at }: repasa `--until`
error-rule-no-campus = la configuración no dice cuál es el campus: escribe `--networks`
error-publications-closed = una regla de tus profesores (un examen, por ejemplo) tiene cerrados ahora los puertos publicados de `{ $course }`: espera a que acabe, o pregúntales
error-not-found = no hay nada así

## Respuestas
done-policy-taken = { $source ->
    [input] Se aceptaría: { $policies ->
        [one] una política
       *[other] { $policies } políticas
    }.
    [folder] La carpeta se aceptaría tal como está: { $policies ->
        [one] una política
       *[other] { $policies } políticas
    }, con las reglas preparadas.
   *[other] No hay carpeta configurada; las políticas incluidas están bien: { $policies }, con las reglas preparadas.
}
done-policy-refused = { $source ->
    [input] Se rechazaría:
   *[other] La carpeta se rechazaría tal como está, y seguiría lo que hay:
}
done-policy-known = Ya están en vigor, con el mismo nombre: { $known }.
done-policy-allowed = permite: `{ $login }` puede `{ $verb }` en { $target } ({ $at }, desde { $from }), por
done-policy-denied = deniega: `{ $login }` no puede `{ $verb }` en { $target } ({ $at }, desde { $from }), por
done-policy-reason = { $reason ->
    [nothing] omisión: nada lo permite
    [absent] ausencia: para esa persona no existe
    [ambiguous] ambigüedad: varias cosas suyas se llaman así, o no se dijo cuál
    [outside-lab] destino: una dirección de fuera del laboratorio
    [localhost] destino: `localhost` nunca es lo que se quería decir
    [address-spelling] destino: una dirección se escribe de una sola forma, como `10.0.0.66`
    [port] destino: no existe ese puerto
   *[other] destino: no lo es ({ $reason })
}
done-policy-second-factor = Quien entró con un segundo factor sí puede.
done-rule-added = La regla { $rule } está puesta (`{ $policy }`): { $says }
done-rule-nobodys = Nadie del curso tiene ahora una máquina con este nombre: { $machines }.
done-rule-removed = La regla { $rule } está quitada: { $says }
done-rule-zone = Las horas son las de la zona horaria { $zone }.
notice-not-now = La política no te deja estar dentro ahora (un examen, un horario, desde dónde entras): tus máquinas siguen como están; pregunta a tu profesor.
empty-rules = No hay ninguna regla preparada puesta.
word-the-lab = el laboratorio
state-rule-on = puesta
state-rule-off = ahora no
state-rule-over = pasada
ask-rule-remove = ¿Quitar la regla { $rule }? Lo que prohibía vuelve a estar permitido en el acto.
col-policy = POLÍTICA
col-file = DE
col-rule = REGLA
col-says = DICE
col-rule-kind = CLASE
col-author = POR

## policy
help-policy = Política: quién puede qué, y reglas por un tiempo (profesores).
use-policy-show = policy show [POLÍTICA]
sum-policy-show = Enseña las políticas en vigor, con el fichero o la regla de donde vienen.
help-policy-show =
    Ejemplo: policy show students-own-machines
use-policy-check = policy check [--folder]
sum-policy-check = Dice si una política se aceptaría, con cada error y su línea.
help-policy-check =
    Lee un fichero de la entrada estándar. Sin entrada, o con --folder, lee otra
    vez la carpeta configurada. No cambia nada.

    Ejemplo: ssh { $door } policy check < examen.cedar
use-policy-explain = policy explain QUIÉN VERBO [OBJETO] [--at MOMENTO] [--from DIRECCIÓN]
sum-policy-explain = Dice si alguien puede hacer algo, y qué políticas lo dicen.
help-policy-explain =
    VERBO es una acción de la auditoría (`vm-forward`), o su final si solo una
    acaba así (`forward`). OBJETO se nombra como lo haría esa persona: una
    máquina, un destino con su puerto, una persona, un puesto, un curso, una
    copia, un puerto. No se hace nada.

    --at MOMENTO        entonces y no ahora: `2026-12-04T08:00`
    --from DIRECCIÓN    desde ahí y no desde donde estás

    Ejemplo: policy explain alumno1 forward web1.alumno2:22
use-policy-rule = policy rule list|add|remove …
sum-policy-rule = Reglas preparadas: un examen, un horario, el campus, un segundo factor.
help-policy-rule =
    policy rule list
    policy rule add exam --course CURSO --from MOMENTO --until MOMENTO
    {"                     ["}--machines web1,db1] [--verbs list,start,…]
        Mientras dura, los alumnos del curso solo tienen esas máquinas (todas,
        si no se dice) con esos verbos (list, start, forward, console, si no se
        dice), y el curso no tiene salida ni puertos publicados.
    policy rule add timetable --course CURSO --open "lun-vie 08:00-21:00"
        A otras horas los alumnos del curso no entran, y lo que tengan abierto
        se cierra.
    policy rule add campus [--course CURSO] [--networks RED,…]
        Los alumnos solo entran desde ahí; sin redes, desde el campus de la
        configuración.
    policy rule add second-factor [--role profesor|admin|alumno]
        Sin segundo factor, ese papel solo puede ponerse uno. Profesores y
        administradores, si no se dice.
    policy rule remove REGLA

    Los momentos son los del reloj del laboratorio (`2026-12-04T08:00`; un día,
    `2026-12-04`), o con su distancia a UTC: `2026-12-04T08:00+01:00`. Una regla
    vale desde que se pone.

    Ejemplo: policy rule add campus --course aso-2026

## A quien no puede entrar ahora
error-barred-suspended = tu cuenta está suspendida: habla con tu profesor
error-barred-archived = ya no estás en la lista de ningún curso y tu puesto está archivado: habla con tu profesor
error-barred-campus = los alumnos{ $name ->
    [all] {""}
   *[other] { " " }de `{ $name }`
} solo entran desde { $networks }: conéctate a esa red o a su VPN y repite
error-barred-timetable = `{ $course }` está cerrado a esta hora: vuelve a partir de `{ $at }`
error-barred-timetable-shut = `{ $course }` está cerrado y no abre en los próximos días: habla con tu profesor
error-barred-policy = la política del laboratorio no te deja entrar ahora: habla con tu profesor

## Durante un examen
exam-machines = { $machines ->
    [all] {""}
   *[other] ; solo { $machines }
}
error-exam = examen de `{ $course }` hasta las { $until }{ exam-machines }
notice-exam-begins = Empieza el examen de `{ $course }`, hasta las { $until }{ exam-machines }.
notice-exam-ends = El examen de `{ $course }` ha terminado: vuelves a tener todo lo tuyo.
