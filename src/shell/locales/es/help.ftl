# Ayuda. De cada orden: use- (cómo se escribe), sum- (qué hace, en una línea), help- (lo demás).

help-everybody =
    { overview-vm }

    Copias, plantillas y tareas
      backup list|show|delete    tus copias de seguridad
      backup protect|unprotect   que una copia no se borre
      template list|show         de qué se puede hacer una máquina
      job list|watch             lo que está en curso
      practice list|show         máquinas que van juntas, en una práctica
      practice start|stop|reset  las que falten, y en marcha; paradas; como nuevas

    Puertos de tus máquinas, vistos desde fuera
      port publish NOMBRE PUERTO deja ver desde fuera una página de la máquina
      port list|unpublish        los que tienes; retira uno

    Tú
      key list|add|remove        las claves con las que entras
      passwd                     cambia tu contraseña
      totp add|remove|codes      pon o quita un segundo factor para entrar
      whoami                     quién eres y cuánto puedes tener
      ssh-config                 para tu ~/.ssh/config: entrar con `ssh web1`
      known-hosts                las claves por las que se conoce a tus máquinas
      lang es|en                 el idioma en que te hablo
      quota show                 cuánto de eso tienes
      session list|show|close    tus conexiones, y lo que tienen abierto
      audit mine                 lo que has hecho, y lo hecho a tus máquinas
      exit                       sal (también `quit` y `salir`)

    Desde tu ordenador
      ssh { $jump } root@web1     entra en tu `web1`
      ssh { $door } vm list          una orden sin entrar
help-staff =
    Profesores
      course create|list|enrol|code            cursos, y su gente de una lista
      course rename|set|close|reopen           su nombre, su plantilla, solo lectura
      course archive|remove                    los guarda, o los quita
      person add|list|show|edit|code|suspend   personas
      person remove|totp-reset                 dar de baja; segundo factor perdido
      seat list|create|add|drop|remove         puestos, y equipos
      seat archive|unarchive                   archivar un puesto, y al revés
      template publish|retire                  plantillas
      practice publish|remove                  prácticas de un curso
      quota set                                cuánto pueden tener los puestos
      node list|drain|resume                   nodos: cómo están, apartarlos
      vm move NOMBRE NODO                      traslada una máquina a otro nodo
      isolation check                          prueba a qué llegan las máquinas
      audit list|show|tail|search              quién ha hecho qué
      audit verify|export                      la comprueba, la entrega
      policy show|check|explain|rule           quién puede qué; exámenes, horarios
      egress list|set|clear                    qué alcanzan fuera las máquinas
      firewall show|plan|apply|check           las reglas
      session list|show|close                  quién está, y qué tiene abierto
      session watch|play|recordings            mira una consola, o su grabación
      message                                  escribe a quien está dentro
help-others =
    Nombra la máquina de otro puesto como `web1.alumno1`;
    ve las de todos con `vm list --all`.
help-more =
    Más: `help vm`, `help vm create`.
    Con `--json` detrás, cualquier orden contesta en JSON.

## backup
help-backup = Copias de seguridad. `backup web1` hace una: es lo mismo que `vm backup web1`.
use-backup-list = backup list [MÁQUINA] [--seat PUESTO|--course CURSO|--all]
sum-backup-list = Enseña tus copias, máquina por máquina, o solo las de una.
help-backup-list =
    También dice cuáles están protegidas y cuál borrará la próxima copia.

    --seat PUESTO     las de ese puesto (profesores)
    --course CURSO    las de todos los puestos del curso (profesores)
    --all             las de todos los puestos (profesores)

    Ejemplo: backup list web1
use-backup-show = backup show COPIA [--seat PUESTO]
sum-backup-show = Enseña todo sobre una copia, también su suma SHA-256.
help-backup-show =
    --seat PUESTO    una de ese puesto (profesores)

    Ejemplo: backup show web1-20261123-041036
use-backup-delete = backup delete COPIA [--seat PUESTO] [--yes]
sum-backup-delete = Borra una copia para siempre.
help-backup-delete =
    --seat PUESTO    una de ese puesto (profesores)
    --yes            sin preguntar

    Ejemplo: backup delete web1-20261123-041036
use-backup-protect = backup protect COPIA [--seat PUESTO]
sum-backup-protect = Hace que una copia se quede.
help-backup-protect =
    No la borra otra más nueva, ni `backup delete`.
    Ocupa uno de los sitios de su máquina (`whoami` dice cuántos hay).

    --seat PUESTO    una de ese puesto (profesores)

    Ejemplo: backup protect web1-20261123-041036
use-backup-unprotect = backup unprotect COPIA [--seat PUESTO]
sum-backup-unprotect = Quita la protección de una copia.
help-backup-unprotect =
    --seat PUESTO    una de ese puesto (profesores)

    Ejemplo: backup unprotect web1-20261123-041036

## template
help-template = Plantillas: de qué se hacen las máquinas.
use-template-list = template list
sum-template-list = Enseña las plantillas que hay.
help-template-list =
    Con una de ellas: vm create web1 --template PLANTILLA

## key
help-key = Claves públicas con las que entras en puerta y en tus máquinas.
use-key-list = key list
sum-key-list = Enseña tus claves, con su número y su huella.
help-key-list =
    Ejemplo: key list
use-key-add = key add [LÍNEA]
sum-key-add = Añade una clave: la línea entera de tu fichero `.pub`.
help-key-add =
    Sin línea, o con `-`, la lee de la entrada estándar.

    Ejemplos
      key add ssh-ed25519 AAAA… ana@portatil
      ssh { $door } key add < ~/.ssh/id_ed25519.pub
use-key-remove = key remove NÚMERO|HUELLA [--yes]
sum-key-remove = Quita una clave.
help-key-remove =
    --yes    sin preguntar

    Se cierran las sesiones que entraron con ella; esta, si lo hizo, sigue hasta
    que salgas.

    Ejemplo: key remove 2

## job
help-job = Tareas: lo que puerta sigue haciendo aunque cierres la sesión.
use-job-list = job list [--seat PUESTO|--course CURSO|--all]
sum-job-list = Enseña las tareas de tus máquinas, las últimas primero.
help-job-list =
    --seat PUESTO     las de ese puesto (profesores)
    --course CURSO    las de todos los puestos del curso (profesores)
    --all             las de todos los puestos (profesores)

    Ejemplo: job list
use-job-watch = job watch NÚMERO
sum-job-watch = Sigue una tarea hasta que acaba.
help-job-watch =
    Con Ctrl-C dejas de mirar; la tarea sigue. El número es el que da `job list`:
    las tareas de cada puesto se cuentan desde 1.

    Ejemplo: job watch 12

## course
help-course = Cursos (profesores).
use-course-create = course create NOMBRE [--year AÑO] [--version 0|1]
sum-course-create = Crea un curso.
help-course-create =
    --year AÑO       su primer año; si no, el del nombre (`aso-2026`) o el de ahora
    --version 0|1    su sitio en el plan de direcciones, que comparte con otros
                     cursos; si no, el primero del año con puestos libres

    Ejemplo: course create aso-2026
use-course-list = course list
sum-course-list = Enseña los cursos.
help-course-list =
    Ejemplo: course list

## person
help-person = Personas (profesores).
use-person-add = person add LOGIN [--course CURSO] [--name NOMBRE] [--role ROL] [--key LÍNEA]
sum-person-add = Da de alta a alguien, con un puesto propio en el curso.
help-person-add =
    Sin clave, puerta da un código de un solo uso para entrar la primera vez.

    --course CURSO    en qué curso está su puesto
    --name NOMBRE     cómo se llama, entre comillas
    --role ROL        alumno (si no se dice), profesor o admin
    --key LÍNEA       la línea de su fichero `.pub`, entre comillas;
                      `-` la lee de la entrada estándar

    Ejemplo: person add alumno1 --course aso-2026 --name "Ana Pérez"
use-person-list = person list [--course CURSO]
sum-person-list = Enseña a todas las personas.
help-person-list =
    --course CURSO    solo quienes tienen puesto en ese curso

    Ejemplo: person list
use-person-show = person show LOGIN
sum-person-show = Enseña todo sobre una persona.
help-person-show =
    Ejemplo: person show alumno1
use-person-code = person code LOGIN
sum-person-code = Da a alguien un código nuevo de un solo uso; el de antes deja de valer.
help-person-code =
    Ejemplo: person code alumno1
use-person-edit = person edit LOGIN [--name NOMBRE] [--email DIRECCIÓN] [--idnumber NÚMERO] [--campus NOMBRE]
sum-person-edit = Corrige lo que está escrito de alguien.
help-person-edit =
    Lo que no se dice se queda; con `""` ya no hay nada. Una lista que diga otra
    cosa (`course enrol`) lo cambia otra vez.

    --name NOMBRE        su nombre como se escribe
    --email DIRECCIÓN    dónde escribirle
    --idnumber NÚMERO    su número en la escuela
    --campus NOMBRE      cómo le llama el campus: también puede entrar con él

    Ejemplo: person edit alumno1 --name "Ana Pérez"
use-person-suspend = person suspend LOGIN [--resume] [--yes]
sum-person-suspend = Cierra la puerta, las sesiones y los puertos de alguien; no sus máquinas.
help-person-suspend =
    --resume    se la vuelve a abrir
    --yes       sin preguntar

    Ejemplo: person suspend alumno1
use-person-remove = person remove LOGIN [--all N] [--yes]
sum-person-remove = Da de baja a alguien y quita el puesto que sea solo suyo.
help-person-remove =
    Mientras tenga máquinas o copias se cuentan, y se niega sin su número. Con él
    se borran también, para siempre; los equipos siguen con quienes queden.

    --all N    se borran con él tantas máquinas y copias, también las protegidas
    --yes      sin preguntar

    Ejemplo: person remove alumno1

## seat
help-seat = Puestos: de quién es cada máquina (profesores).
use-seat-list = seat list [--course CURSO]
sum-seat-list = Enseña los puestos, con su red y sus miembros.
help-seat-list =
    --course CURSO    solo los de ese curso

    Ejemplo: seat list

## port
help-port = Puertos de puerta que llevan a tus máquinas: así ven otros una página tuya.
use-port-list = port list [--seat PUESTO|--course CURSO|--all]
sum-port-list = Enseña tus puertos publicados, quién puede usarlos y cuánto ha pasado.
help-port-list =
    --seat PUESTO     los de ese puesto (profesores)
    --course CURSO    los de todos los puestos del curso (profesores)
    --all             los de todos los puestos (profesores)

    Ejemplo: port list
use-port-publish = port publish MÁQUINA PUERTO [--port N] [--udp] [--from RED,…]
sum-port-publish = Hace que un puerto de puerta lleve a un puerto de una máquina.
help-port-publish =
    puerta dice qué puerto es. Es siempre el mismo, pase lo que pase con la
    máquina: parada, arranque, restauración. La máquina ve la dirección de quien
    la visita.

    --port N        ese puerto de puerta, si está libre; si no, lo elige puerta
    --udp           UDP en lugar de TCP
    --from RED,…    solo desde esas redes; si no se dice, desde el campus

    Ejemplo: port publish web1 80
use-port-unpublish = port unpublish PUERTO
sum-port-unpublish = Retira un puerto de puerta: ya no lleva a ninguna parte.
help-port-unpublish =
    PUERTO es el de puerta (`port list`).

    Ejemplo: port unpublish 50012

## egress
help-egress = Salida: qué pueden alcanzar las máquinas fuera del laboratorio (profesores).
use-egress-list = egress list
sum-egress-list = Enseña las reglas de puestos y cursos, y la de todos los demás.
help-egress-list =
    La regla de un puesto va antes que la de su curso, y las dos antes que la de
    los demás, que es la de la configuración.

    Ejemplo: egress list
use-egress-set = egress set allow|deny|RED[:PUERTO],… --seat PUESTO|--course CURSO
sum-egress-set = Dice qué pueden alcanzar fuera las máquinas de un puesto o de un curso.
help-egress-set =
    También vale para las conexiones que ya están abiertas. Los nombres los
    resuelven solo los servidores DNS configurados, y con `deny` ninguno.

    allow             todo
    deny              nada
    RED[:PUERTO],…    solo esto: `192.0.2.0/24`, `192.0.2.7:443`,
                      `192.0.2.0/24:5432-5433`, `192.0.2.7:123/udp`

    Ejemplo: egress set deny --course aso-2026
use-egress-clear = egress clear --seat PUESTO|--course CURSO
sum-egress-clear = Quita la regla de un puesto o de un curso.
help-egress-clear =
    Ejemplo: egress clear --course aso-2026

## firewall
help-firewall = Cortafuegos: las reglas que abren puertos y separan puestos (profesores).
use-firewall-show = firewall show
sum-firewall-show = Enseña las reglas tal como las tiene el núcleo.
help-firewall-show =
    Ejemplo: firewall show
use-firewall-plan = firewall plan
sum-firewall-plan = Enseña qué cambiaría puerta para que las reglas sean las que deben ser.
help-firewall-plan =
    Ejemplo: firewall plan
use-firewall-apply = firewall apply
sum-firewall-apply = Arregla ahora las reglas; puerta lo hace sola cada minuto.
help-firewall-apply =
    Si no se puede, se quedan las reglas de antes.

    Ejemplo: firewall apply
use-firewall-check = firewall check
sum-firewall-check = Dice si las reglas son las que deben ser; si no, acaba con 1.
help-firewall-check =
    Ejemplo: firewall check

## node
help-node = Nodos: dónde están las máquinas (profesores).
use-node-list = node list
sum-node-list = Enseña los nodos: cómo están, su carga, sus máquinas y sus reglas.
help-node-list =
    Ejemplo: node list

## isolation
help-isolation = Aislamiento: si los puestos están cerrados entre sí (profesores).
use-isolation-check = isolation check [MÁQUINA...]
sum-isolation-check = Prueba, desde dentro de máquinas en marcha de dos puestos, a qué llegan.
help-isolation-check =
    Prueba con sus propias máquinas, las del otro puesto, los nodos y puerta,
    también con direcciones falsas y por IPv6, y enseña lo que pasa. Tarda unos
    diez segundos, no deja nada en las máquinas, y acaba con estado 1 si pasa
    algo que no debe, o no pasa algo que debe.

    Sin nombres elige hasta seis máquinas en marcha de dos puestos.

    Ejemplo: isolation check web1.alumno1 web1.alumno2

## Tú
use-passwd = passwd
sum-passwd = Cambia tu contraseña; la pide dos veces y no la enseña.
help-passwd =
    Necesita una terminal: entra con `ssh { $door }`, o usa
    `ssh -t { $door } passwd`.
use-whoami = whoami
sum-whoami = Enseña quién eres, cómo has entrado y cuánto puede tener tu puesto.
help-whoami =
    Ejemplo: whoami
use-known-hosts = known-hosts [MÁQUINA]
sum-known-hosts = Escribe las claves de tus máquinas, como van en un `known_hosts`.
help-known-hosts =
    Se preguntan al motor, nunca a la red: son las que la máquina tiene ahora,
    también si la has vuelto a hacer, la has restaurado o se ha movido. Quien usa
    lo que escribe `ssh-config` no las necesita: su cliente las pide solo.

    Ejemplos: known-hosts web1
              ssh { $door } known-hosts > ~/.ssh/known_hosts.puerta
use-ssh-config = ssh-config [--file]
sum-ssh-config = Escribe lo de tu `~/.ssh/config`, para entrar con `ssh web1` sin preguntas.
help-ssh-config =
    Va en un fichero propio, que `~/.ssh/config` nombra en su primera línea con
    `Include puerta.conf`. Tu cliente pide a puerta la clave de la máquina cada
    vez que entra, así que ni pregunta ni avisa de que ha cambiado: necesita
    OpenSSH 8.5 o posterior. --file es para clientes más antiguos y para Windows:
    las claves van en otro fichero tuyo, que renuevas al hacer o restaurar una.

    Ejemplos: ssh { $door } ssh-config > ~/.ssh/puerta.conf
      ssh { $door } ssh-config --file > .ssh\puerta.conf   (`cmd`)
use-lang = lang [es|en]
sum-lang = Te habla en ese idioma de ahora en adelante; a secas, dice cuál vale.
help-lang =
    Manda lo que pongas aquí; si no, lo que diga tu cliente de ssh (`LANG`, que el
    de Windows no envía); si no, el idioma del laboratorio.

    Ejemplo: lang en
use-help = help [FAMILIA [VERBO]]
sum-help = Enseña qué se puede hacer.
help-help =
    Lo mismo con `--help` o `-h` detrás de una orden.

    Ejemplo: help vm create
use-exit = exit
sum-exit = Sal de puerta; tus máquinas siguen como están.
help-exit =
    También `quit`, `salir` y Ctrl-D.
