# Inscripción y equipos: lo que se dice y lo que se contesta.

## Ayuda
use-course-enrol = course enrol CURSO [--dry-run] [--add | --archive N] [--start] [--map COLUMNA=NOMBRE]... [--sheet | --csv] < LISTA.csv
sum-course-enrol = Hace que la gente del curso sea la de una lista, entera o nada.
help-course-enrol =
    La lista es la de Moodle o la de una hoja de cálculo, con los nombres de
    Moodle en la primera línea: `username,firstname,lastname,email` y, si se
    quiere, `group1,idnumber`, o como salen en español (`Nombre de usuario`...).
    De un usuario `jose.nunez` sale `jose-nunez`, y de `ana@uni.es`, `ana`: la
    vista previa lo enseña, y al entrar vale cualquiera de los dos.
    Quien es nuevo recibe un puesto y un código de un solo uso, que solo se ve
    ahora. Quien ya no está queda archivado: no entra, sus máquinas se paran y
    sus puertos se cierran, pero nada se borra; vuelve con su fila.

    Si se irían más de dos personas y más de un décimo de la clase (o más de
    diez), hay que decir cuántas.

    --dry-run      dice qué cambiaría y no cambia nada
    --add          solo añade y corrige: no archiva a nadie
    --archive N    sí, se van N: el número que dice `--dry-run`
    --start        arranca lo que se paró al archivar a quien ahora está
    --map COLUMNA=NOMBRE
                   qué es una columna que se llama de otra forma
    --sheet        los códigos en tarjetas, para imprimir y recortar
    --csv          los códigos como CSV con punto y coma, para Excel

    Ejemplo: ssh { $door } course enrol aso-2026 < alumnos.csv
use-course-code = course code CURSO [--sheet | --csv]
sum-course-code = Da códigos nuevos a quien no tiene clave ni contraseña en el curso.
help-course-code =
    Para una hoja perdida: los códigos de antes dejan de valer.

    --sheet    en tarjetas, para imprimir y recortar
    --csv      como CSV con punto y coma, para Excel

    Ejemplo: ssh { $door } course code aso-2026 --sheet > hoja.txt
use-seat-create = seat create EQUIPO|LOGIN --course CURSO [--member LOGIN]...
sum-seat-create = Crea el puesto de un equipo, con direcciones y máquinas propias.
help-seat-create =
    Sus miembros ven sus máquinas como `web1.EQUIPO`, o `web1` si no hay otra.
    Con el nombre de usuario de alguien y sin `--member` le da un puesto propio:
    a un profesor, por ejemplo, que quiere máquinas para hacer plantillas.

    --course CURSO    en qué curso está
    --member LOGIN    quién es del equipo; tantas veces como haga falta

    Ejemplo: seat create equipo3 --course aso-2026 --member ana --member luis
use-seat-add = seat add EQUIPO LOGIN...
sum-seat-add = Añade miembros a un equipo.
help-seat-add =
    Ejemplo: seat add equipo3 eva
use-seat-drop = seat drop EQUIPO LOGIN [--yes]
sum-seat-drop = Saca a un miembro de un equipo: lo que tenga abierto allí se corta ya.
help-seat-drop =
    Al último solo se le saca cuando el equipo no tiene máquinas ni copias.

    --yes    sin preguntar

    Ejemplo: seat drop equipo3 luis
use-seat-archive = seat archive PUESTO [--yes]
sum-seat-archive = Archiva un puesto: no es de nadie y se para; no se borra nada.
help-seat-archive =
    Es lo que hace una lista en la que ya no está su fila (`course enrol`).

    --yes    sin preguntar

    Ejemplo: seat archive alumno1
use-seat-unarchive = seat unarchive PUESTO [--start]
sum-seat-unarchive = Saca un puesto del archivo: vuelve a ser de su gente.
help-seat-unarchive =
    --start    arranca lo que se paró al archivarlo

    Ejemplo: seat unarchive alumno1 --start
ask-seat-archive = ¿Archivar el puesto `{ $seat }`? Su gente queda fuera y sus máquinas se paran; no se borra nada.
use-seat-remove = seat remove PUESTO [--all N] [--yes]
sum-seat-remove = Quita un puesto: el de un equipo, o el de alguien que se queda.
help-seat-remove =
    Mientras tenga máquinas o copias se cuentan, y se niega sin su número. Con él
    se borran también, para siempre: desde entonces nadie entra, y el puesto sale
    en `seat list` hasta que no queden.

    --all N    se borran con él tantas máquinas y copias, también las protegidas
    --yes      sin preguntar

    Ejemplo: seat remove equipo3
ask-seat-remove = { $all ->
    [0] ¿Quitar el puesto `{ $seat }`?
    [one] ¿Quitar el puesto `{ $seat }` y borrar para siempre la máquina o copia que tiene?
   *[other] ¿Quitar el puesto `{ $seat }` y borrar para siempre las { $all } máquinas y copias que tiene?
}
ask-seat-drop = ¿Sacar a `{ $login }` de `{ $seat }`? Lo que tenga abierto en sus máquinas se corta ahora.

## Lo que se lee
detail-of = `{ $of }`:{" "}
detail-line = línea { $line }:{" "}
detail-value = línea { $line }, `{ $value }`:{" "}
error-list-terminal = la lista se lee de la entrada estándar: escribe en tu ordenador `ssh { $door } course enrol { $course } < lista.csv`
error-list-long = la lista pasa de { $max } MiB, que es lo más que se lee: mira si es el fichero que querías
error-list-encoding = la lista no está en UTF-8 ni en otra codificación conocida, y no se ha cambiado nada: guárdala como «CSV UTF-8» y repite
error-list-empty = la lista no tiene a nadie, y archivaría a todo el curso: mira si es el fichero que querías
error-list-columns = en la primera línea faltan las columnas { $columns }: pon los nombres de Moodle, o di cuál es cada una, como en `--map 'Usuario=username'`
error-list-column-twice = hay dos columnas para `{ $column }`, `{ $first }` y `{ $second }`: deja una, o di cuál es con `--map '{ $first }={ $column }'`
error-list-map = la lista no tiene ninguna columna `{ $column }`: mira cómo se llama en su primera línea
error-list-many = en la lista hay { $people } personas y en un curso caben { $max }: repártela
error-list-wrong = { $count ->
    [one] hay un fallo en la lista
   *[other] hay { $count } fallos en la lista
} y no se ha cambiado nada: corrígela y repite
error-row-fields = hay { $fields } campos y la primera línea tiene { $columns }: mira las comillas y los separadores
error-row-missing = falta `{ $column }`
error-row-long = `{ $column }` pasa de { $max } caracteres: mira las comillas
error-row-characters = `{ $column }` tiene caracteres que no se ven: quítalos
error-row-email = no es una dirección de correo
error-row-twice = está también en la línea { $first }: deja una
error-row-quote-open = las comillas que se abren en esta línea no se cierran en ella: ciérralas, o quita el salto de línea de dentro del campo
error-row-quote-space = hay un espacio antes de unas comillas: quítalo
error-row-quote-inside = hay comillas sueltas dentro de un campo: quítalas, o pon el campo entero entre comillas y dobla las de dentro
error-row-quote-after = hay algo detrás de unas comillas que se cierran, antes del separador: quítalo
error-row-one-login = se queda en `{ $login }`, como `{ $other }` de la línea { $first }: cambia uno de los dos
error-row-another = se queda en `{ $login }`, que es alguien con otro nombre en el campus: míralo con `person show { $login }`, o cambia el de la lista
error-row-encoding = no está en UTF-8
error-row-more = … y { $count } más, en las líneas { $lines }
error-seat-names = no se encuentra un nombre de puesto libre para todos los de la lista en `{ $course }`: mira los que hay con `seat list`
error-list-archives = la lista archivaría a { $count } de { $class } personas de `{ $course }`{ $machines ->
    [0] {""}
    [one] {" "}y pararía una máquina
   *[other] {" "}y pararía { $machines } máquinas
}, y no se ha cambiado nada: si es lo que quieres, repite con `--archive { $count }`; para solo añadir, con `--add`
error-archived-one = `{ $login }` ({ $name })
error-archived-more = … y { $count } más
error-add-or-archive = di `--add` o `--archive`, uno de los dos: `--add` no archiva a nadie
error-sheet-or-csv = di `--sheet` o `--csv`, uno de los dos
error-seat-archived = el puesto `{ $seat }` está archivado y sus máquinas, paradas: devuelve su fila a la lista con `course enrol`, o `seat unarchive { $seat }`
error-team-exists = ya hay un puesto `{ $seat }`: elige otro nombre
error-seat-holds = `{ $seat }` tiene { held }: repite con `seat remove { $seat } --all { $all }`, y todo ello se borra para siempre
error-seat-leaving = el puesto `{ $seat }` se está quitando con todo lo que tiene: en él ya no se puede empezar nada
held = { $machines ->
    [one] una máquina
   *[other] { $machines } máquinas
} y { $backups ->
    [one] una copia
   *[other] { $backups } copias
}
error-seat-own = `{ $seat }` ya tiene un puesto propio en ese curso: míralo con `seat list`
error-team-login = `{ $seat }` es el nombre de usuario de alguien: elige otro nombre para el equipo, o quita `--member` para darle un puesto propio
error-team-member = de { $members }, alguien es ya de `{ $seat }`: mira quiénes son con `seat list`
error-team-archived = de { $members }, alguien ya no está en el curso de `{ $seat }`: devuelve su fila a la lista con `course enrol`
error-team-not = `{ $seat }` es el puesto propio de alguien: para varias personas crea un equipo con `seat create`
error-team-no-member = { $members } no es de `{ $seat }`: mira quiénes son con `seat list`
error-team-last = { $members } es quien queda en `{ $seat }`, que tiene { $count ->
    [one] una máquina o copia: bórrala
   *[other] { $count } máquinas o copias: bórralas
} antes, o añade a otra persona

## Lo que se contesta
col-campus = en el campus
col-change = cambio
col-code = código
col-email = correo
col-puerta = clave de puerta
col-expires = vale hasta
col-group = grupo
col-idnumber = n.º de alumno
col-seat-kind = tipo
enrol-new = nuevo
enrol-changed = cambia
enrol-back = vuelve
enrol-archived = archivado
enrol-warning-unknown-column = aviso: nadie lee la columna `{ $name }`
enrol-warning-encoding = aviso: la lista no está en UTF-8; se ha leído como { $name }: mira que los acentos estén bien
enrol-warning-staff = aviso: línea { $line }, `{ $name }` es profesor o admin; su fila no cambia nada
enrol-warning-garbled = aviso: línea { $line }, `{ $name }`: debe de ser `{ $meant }`, guardado con otra codificación
enrol-warning-lost = aviso: línea { $line }, `{ $name }`: parece que se han perdido letras
enrol-warning-more = aviso: y { $name } más
enrol-counts = nuevos { $new }, cambian { $changed }, vuelven { $back }, archivados { $archived }, como estaban { $unchanged }
done-enrolled = `{ $course }`: { enrol-counts }
done-enrol-trial = nada ha cambiado; sin `--dry-run`, en `{ $course }`: { enrol-counts }
done-enrol-same = `{ $course }`: nada que cambiar, como estaban { $unchanged }
enrol-stops = { $count ->
    [one] se para una máquina encendida
   *[other] se paran { $count } máquinas encendidas
}
enrol-many = son muchos: para archivarlos, quita `--dry-run` y añade `--archive { $count }`
enrol-resting = { $count ->
    [one] una máquina que se paró al archivar sigue parada
   *[other] { $count } máquinas que se pararon al archivar siguen paradas
} ({ $names }): arráncalas todas con la misma lista y `course enrol { $course } --start`, o una con `vm start { $vm }`
enrol-starts = { $count ->
    [one] se arranca una máquina que se paró al archivar
   *[other] se arrancan { $count } máquinas que se pararon al archivar
} ({ $names }): mira cómo va con `job list`
done-codes-made = { $count ->
    [0] en `{ $course }` todos tienen clave o contraseña
    [one] un código nuevo en `{ $course }`; no se volverá a mostrar
   *[other] { $count } códigos nuevos en `{ $course }`; no se volverán a mostrar
}
done-seat-created = `{ $seat }` creado en { $network }, puesto propio de { $members }
done-team-created = equipo `{ $seat }` creado en { $network }: { $members }
done-team-changed = en `{ $seat }` están ahora: { $members }
door-archived = archivada
seat-own = propio
seat-team = equipo
seat-leaving = quitándose
done-seat-archived = `{ $seat }` queda archivado: sus máquinas se paran y todo se conserva
done-seat-back = `{ $seat }` ya no está archivado, para { $members }
done-seat-removed = el puesto `{ $seat }` ya no es de nadie
done-holding-goes = se borra lo que había ({ held }): el puesto sale en `seat list` hasta que no quede nada
seat-archived = archivado
