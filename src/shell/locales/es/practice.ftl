# Prácticas, y lo que se hace a muchas máquinas a la vez.

## Ayuda
help-practice = Máquinas que van juntas, lo que publican y lo que se comprueba en ellas.
use-practice-list = practice list
sum-practice-list = Lista las prácticas de tus cursos.
help-practice-list =
    Ejemplo: practice list
use-practice-show = practice show NOMBRE [--course CURSO]
sum-practice-show = Enseña las máquinas de una práctica, y cuáles tienes.
help-practice-show =
    Ejemplo: practice show tomcat
use-practice-start = practice start NOMBRE [--course CURSO [--group GRUPO] | --seat PUESTO]
sum-practice-start = Hace las máquinas de una práctica que falten, y arranca las paradas.
help-practice-start =
    Otra vez, hace solo lo que falta. Todo o nada: si no cabe en la cuota, o ya
    tienes otra máquina con uno de esos nombres, no se hace nada y se dice por qué.
    Dentro, las máquinas se conocen por su nombre en la práctica.

    Para profesores:
    --course CURSO    para el puesto de cada alumno del curso
    --group GRUPO     solo los de ese grupo de la lista
    --seat PUESTO     para un puesto, también el de un equipo

    Ctrl-C deja de mirar, y sigue: `job watch @3`.

    Ejemplos: practice start tomcat
              practice start tomcat --course aso-2026 --group L1
use-practice-stop = practice stop NOMBRE [--course CURSO [--group GRUPO] | --seat PUESTO]
sum-practice-stop = Para las máquinas de una práctica; lo que hay en ellas se queda.
help-practice-stop =
    Ejemplo: practice stop tomcat
use-practice-reset = practice reset NOMBRE [--course CURSO [--group GRUPO] | --seat PUESTO]
sum-practice-reset = Deja las máquinas de una práctica como nuevas, de su última versión.
help-practice-reset =
    Lo que hay en ellas se pierde; se quedan su dirección, sus puertos, sus copias
    y sus claves de ssh. Pregunta antes.

    Ejemplo: practice reset tomcat
use-practice-publish = practice publish --course CURSO < FICHERO.toml
sum-practice-publish = Publica la siguiente versión de una práctica para un curso.
help-practice-publish =
    El fichero dice las máquinas (plantilla, límites, puertos, orden) y qué se
    comprueba: docs/practices.md. Cada error se dice con su línea, y entonces no
    se publica nada. Quien ya la tiene en marcha sigue con su versión.

    Ejemplo: ssh { $door } practice publish --course aso-2026 < tomcat.toml
use-practice-remove = practice remove NOMBRE --course CURSO
sum-practice-remove = Deja de ofrecer una práctica; las máquinas hechas se quedan.
help-practice-remove =
    Ejemplo: practice remove tomcat --course aso-2026
ask-practice-reset = Lo que hay en tus máquinas de `{ $practice }` se pierde. ¿Dejarlas como nuevas?
ask-practice-reset-of = Lo que hay en las máquinas de `{ $practice }` de `{ $of }` se pierde. ¿Dejarlas como nuevas?
ask-practice-remove = ¿Dejar de ofrecer la práctica `{ $practice }`?

## Lo que responde puerta
col-practice = práctica
col-title = título
col-published = publicada
col-after = después de
kind-practice-start = práctica: empezar
kind-practice-reset = práctica: de nuevo
kind-reset = de nuevo
kind-many-start = arrancar
kind-many-stop = parar
kind-many-restart = volver a arrancar
kind-many-delete = borrar
kind-practice-stop = práctica: parar
step-machines = máquina por máquina
empty-practices = no hay ninguna práctica en tus cursos
done-practice-published = `{ $practice }` está publicada para `{ $course }`, versión { $number }: { $machines ->
    [one] una máquina
   *[other] { $machines } máquinas
}, { $checks ->
    [0] nada que comprobar
    [one] una comprobación
   *[other] { $checks } comprobaciones
}; se empieza con `practice start { $practice }`
done-practice-removed = `{ $practice }` ya no se ofrece en `{ $course }`; las máquinas que se hicieron siguen
done-practice-already = no hay nada que hacer: de `{ $practice }` está todo como lo pides, o a punto
practice-is = { $practice }, versión { $number }, de { $course }
practice-title = { $title }
practice-newer = hay una versión { $number } de `{ $practice }`; tus máquinas siguen con la suya
progress-machines = { $job }: { $done } de { $total } máquinas{ $failed ->
    [0] {""}
   *[other] , { $failed } con error
}
done-batch = { $kind } `{ $what }` ({ $place }): { $done } de { $total }{ $failed ->
    [0] {""}
   *[other] , { $failed } con error; lo que falta, con { $act ->
        [practice-reset] `practice start { $what }`
       *[other] la misma orden
    } otra vez
}
batch-failed = { $vm }: { $reason }
batch-running = { $vm } en marcha, en { $address }
batch-stopped = { $vm } parada
batch-deleted = { $vm } borrada
batch-absent = sin `{ $what }`: { $names }
batch-port = { "  " }puerto { $port }

## Errores
error-no-practice = no hay ninguna práctica `{ $practice }`: mira las que hay con `practice list`
error-practice-none-there = no hay máquinas de la práctica `{ $practice }` aquí: empiézala con `practice start { $practice }`
error-practice-same = `{ $practice }` ya está publicada, y el fichero es el mismo: no hay nada que cambiar
error-practice-terminal = el fichero va por la entrada: `ssh { $door } practice publish --course { $course } < FICHERO.toml`
error-practice-utf8 = el fichero no es UTF-8, y no se ha publicado nada: guárdalo como UTF-8 y repite
error-practice-long = el fichero pasa de { $max } bytes, y no se ha publicado nada: una práctica es más corta
error-practice-wrong = no se ha publicado nada:
error-practice-in-the-way = no se ha hecho nada de `{ $practice }`:
error-many-place = di `--seat PUESTO`, o `--course CURSO` (y con él `--group GRUPO`)
error-many-too-many = son { $count } máquinas, y a la vez van { $max }: hazlo por grupos, con `--group`
error-many-changed = algo ha cambiado mientras se miraba, y no se ha hecho nada: repítelo
error-many-nothing = no se ha hecho nada:
practice-quota = { $quota ->
    [machines] pide { $wanted } máquinas más, y tiene { $used } de { $limit }
    [running] pide { $wanted } más en marcha, y lo están { $used } de { $limit }
    [memory] pide { $wanted } MiB de memoria más, y tiene { $used } de { $limit }
    [cpus] pide { $wanted } CPU más, y tiene { $used } de { $limit }
    [disk] pide { $wanted } MiB de disco más, y tiene { $used } de { $limit }
   *[other] pide { $wanted } puertos publicados más, y tiene { $used } de { $limit }
}; borra o para algo con `vm delete` o `vm stop`, o que un profesor suba el límite `{ $named }` con `quota set`
error-many-absent = en `{ $place }` nadie tiene una máquina `{ $vm }`
error-many-already = no hay nada que hacer: todas las `{ $vm }` de `{ $place }` están así ya
error-many-force = `--force` va con una máquina sola, no con `--course`
error-many-which = con `--course` la máquina va sin puesto, y `--group` va con `--course`: `vm start web1 --course CURSO --group GRUPO`
ask-many-delete = ¿Borrar para siempre la máquina `{ $vm }` de cada alumno de `{ $place }`? Sus copias se quedan.
error-many-nobody = en `{ $place }` no hay ningún puesto de alumno
practice-name-taken = ya hay otra máquina `{ $vm }` en `{ $seat }`: dale otro nombre con `vm rename { $vm }.{ $seat } NUEVO`
practice-wrong-toml = no es TOML: { $what }
practice-wrong-long = pasa de { $max } bytes
practice-wrong-missing = falta
practice-wrong-unknown = aquí no hay ninguna clave así
practice-wrong-kind = tiene que ser { $kind ->
    [text] un texto sin caracteres de control
    [number] un número
    [list] una lista
    [size] un tamaño: `512M`, `1GiB`
    [service] puertos: `[80, "53/udp"]`
    [template] una plantilla: `debian-12`, `web:2`
   *[table] una tabla
}
practice-wrong-name = no es un nombre: letras minúsculas, cifras y `-`, y empieza por letra
practice-wrong-range = tiene que ir de { $low } a { $high }
practice-wrong-many = son más de { $max }
practice-wrong-vm = la práctica no tiene ninguna máquina `{ $name }`
practice-wrong-circle = { $names } arrancan cada una después de otra, en círculo
practice-wrong-choice = tiene que ser una de estas: { $known }
practice-wrong-twice = está dos veces
practice-wrong-path = tiene que empezar por `/`, sin espacios
