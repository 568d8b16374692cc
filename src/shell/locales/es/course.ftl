# Cursos: sus nombres, cómo están, de qué se hacen sus máquinas.

## Lo que contesta puerta
word-course-open = abierto
word-course-closed = solo lectura
word-course-archived = archivado
course-seats = { $count ->
    [one] un puesto
   *[other] { $count } puestos
}
course-stops = { $machines ->
    [0] ninguna de sus máquinas está encendida
    [one] se para su máquina encendida
   *[other] se paran sus { $machines } máquinas encendidas
}
done-course-renamed = `{ $was }` es ahora `{ $course }`; direcciones, máquinas y puertos siguen igual
done-course-followed = Estas reglas también lo nombran así: { $rules }.
done-course-template = en `{ $course }`, `vm create NOMBRE` hace una máquina de `{ $template }`
done-course-no-template = `{ $course }` ya no tiene plantilla propia
done-course-same = `{ $course }` ya estaba así: { $state ->
    [open] abierto
    [archived] archivado
   *[closed] de solo lectura
}
done-course-closed = `{ $course }` es de solo lectura: su gente entra, llega a lo que está encendido, lo para, y ve y borra sus copias; en él no se crea, arranca, restaura, publica ni matricula nada hasta `course reopen { $course }`
done-course-archived = `{ $course }` está archivado ({ course-seats }); { course-stops }, y no se borra nada: `course reopen { $course }` lo devuelve
done-course-reopened = `{ $course }` está abierto
course-resting = { $count ->
    [one] una máquina que se paró al archivar sigue parada
   *[other] { $count } máquinas que se pararon al archivar siguen paradas
} ({ $names }): arráncalas todas con `course reopen { $course } --start`, o una con `vm start { $vm }`
done-course-removed = `{ $course }` ya no está, con { course-seats } cuyos números quedan libres
done-course-templates = Sus plantillas ya no se ofrecen: { $templates }.
done-course-unseated = Estas personas ya no tienen puesto: { $logins }. Dales uno con `seat create LOGIN --course CURSO`, o quítalas con `person remove LOGIN`.
ask-course-archive = ¿Archivar `{ $course }` ({ course-seats })? Sus alumnos dejan de entrar, y { course-stops }.
ask-course-remove = ¿Borrar el curso `{ $course }` y todos sus puestos? No se puede deshacer.

## Lo que sale mal
error-course-closed = el curso `{ $course }` está { $state ->
    [archived] archivado
   *[closed] cerrado (solo lectura)
}: nadie más se sienta en él antes de abrirlo otra vez, con `course reopen { $course }`
error-course-read-only = el curso `{ $course }` está { $state ->
    [archived] archivado
   *[closed] cerrado (solo lectura)
}: en él no se crea, arranca, restaura ni publica nada hasta que tus profesores lo reabran (`course reopen { $course }`)
error-course-archives = { $count ->
    [one] se archivaría un puesto
   *[other] se archivarían { $count } puestos
} de `{ $course }` y { course-stops }; no se ha cambiado nada: si es lo que quieres, repite con `course archive { $course } --archive { $count }`
error-course-set = di qué se pone: `--template PLANTILLA` o `--no-template`
error-course-in-policy = hay políticas de tus ficheros que nombran el curso `{ $course }` y dejarían de decir nada de él: { $policies }; que el técnico escriba ahí el nombre nuevo, y repite
error-course-left = el curso `{ $course }` aún tiene algo, y se queda:
error-course-left-rule = la regla { $rule } lo nombra: `policy rule remove { $rule }`
error-course-left-seat = `{ $seat }`: { $machines ->
    [0] ninguna máquina
    [one] una máquina
   *[other] { $machines } máquinas
} (`vm list --seat { $seat }`, `vm delete`), { $backups ->
    [0] ninguna copia
    [one] una copia
   *[other] { $backups } copias
} (`backup list --seat { $seat }`, `backup delete`)
error-course-left-more = … y { $count } puestos más
error-course-template = `{ $template }`, la plantilla de siempre de `{ $course }`, ya no se ofrece: di otra con `--template` (hay { $known }), y avisa a tu profesor
error-template-courses = varios cursos tienen una plantilla `{ $template }`: di de cuál con `--course` ({ $courses }), o su versión
error-barred-course = { $courses } está archivado: habla con tu profesor

## Ayuda
use-course-rename = course rename CURSO NUEVO
sum-course-rename = Da otro nombre a un curso.
help-course-rename =
    Sus puestos, máquinas, direcciones y puertos siguen igual, y las reglas que lo
    nombran dicen el nombre nuevo. Si lo nombra un fichero de la política, se dice
    y el curso conserva su nombre.

    Ejemplo: course rename aso-2026 aso-grupo-a
use-course-set = course set CURSO --template PLANTILLA[:VERSIÓN] | --no-template
sum-course-set = Dice de qué se hacen las máquinas de un curso si nadie lo dice.
help-course-set =
    --template PLANTILLA    la que usa `vm create NOMBRE`; sin versión, cada vez
                            la más nueva
    --no-template           ninguna: cada cual la dice

    Ejemplo: course set aso-2026 --template tomcat
use-course-close = course close CURSO
sum-course-close = Deja un curso para mirarlo: nada nuevo empieza en él.
help-course-close =
    Su gente sigue entrando, llega a lo que está encendido, lo para y lo borra, y
    ve y borra sus copias. Nadie crea, arranca, restaura, publica ni matricula
    nada en él hasta `course reopen`.

    Ejemplo: course close aso-2026
use-course-archive = course archive CURSO [--archive N]
sum-course-archive = Archiva todos los puestos de un curso; no se borra nada.
help-course-archive =
    Sus alumnos no entran si no se sientan en otro curso, sus máquinas se paran y
    sus puertos no llevan a ninguna parte. Puestos, máquinas, copias, direcciones
    y números de puerto se quedan para `course reopen`.

    --archive N    tantos puestos: para más de unos pocos, donde nadie pregunta

    Ejemplo: course archive aso-2026 --archive 60
use-course-reopen = course reopen CURSO [--start]
sum-course-reopen = Abre otra vez un curso cerrado o archivado.
help-course-reopen =
    --start    arranca lo que se paró al archivar; también después, ya abierto

    Ejemplo: course reopen aso-2026 --start
use-course-remove = course remove CURSO [--yes]
sum-course-remove = Borra un curso sin máquinas ni copias, con sus puestos.
help-course-remove =
    Se dice lo que aún queda, y con qué se quita. Los números de puesto quedan
    libres y sus plantillas no se ofrecen más; la gente sigue, y también lo que
    dice la auditoría.

    --yes    sin preguntar

    Ejemplo: course remove aso-2026
