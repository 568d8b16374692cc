# Plantillas y cuotas.

## Lo que responde puerta
col-limit = máximo
col-made-of = hecha de
col-origin = lo dice
col-ports = puertos
col-quota = cuota
col-used = en uso
kind-publish = publicación
state-publishing = publicándose
step-publish = haciendo la plantilla
word-offered = se ofrece
word-retired = retirada desde { $at }; su imagen sigue ahí
word-retired-removed = retirada desde { $at }
word-place-role = rol
word-place-config = configuración
template-limits = { $cpus } CPU, { $memory } de memoria, { $disk } de disco
done-template-published = `{ $template }:{ $number }` está publicada para `{ $course }` ({ $size }, en { $took }): `vm create NOMBRE --template { $template }`; para tenerla sin decirlo, `course set { $course } --template { $template }`
done-template-retired = `{ $template }:{ $number }` ya no se ofrece{ $machines ->
    [0] {""}
    [one] ; su imagen sigue para la máquina hecha con ella
   *[other] ; su imagen sigue para las { $machines } máquinas hechas con ella
}
done-port-unwanted = el puerto { $service }, que la plantilla publica, no se ha publicado: { $reason }
quota-machines = máquinas
quota-running = en-marcha
quota-memory = memoria
quota-cpus = cpu
quota-disk = disco
quota-backups = copias
quota-publications = publicaciones
quotas-of = { $place ->
    [seat] Lo que tiene, y puede tener, el puesto `{ $name }`:
    [course] Lo que puede tener un puesto de alumno del curso `{ $name }`:
   *[role] Lo que puede tener un puesto del rol `{ $name }`:
}
done-quota-set = { $place ->
    [seat] puesto
    [course] curso
   *[role] rol
} `{ $name }`: { $quota } hasta { $limit }
done-quota-cleared = { $place ->
    [seat] el puesto
    [course] el curso
   *[role] el rol
} `{ $name }` ya no tiene { $quota } aparte: hasta { $limit }
done-quota-over = ya lo pasan, y lo que tienen se queda: { $seats }
empty-quotas = no tienes puesto, así que no hay nada que contar
ask-template-retire = ¿Dejar de ofrecer la plantilla `{ $template }`?

## Lo que sale mal
error-template-retired = la plantilla `{ $template }` ya no se ofrece: mira las que hay con `template list`
error-unknown-template = no hay ninguna plantilla `{ $template }`: mira las que hay con `template list`
error-template-engine = `{ $template }` es una plantilla del motor: solo el técnico la retira
error-template-own = `{ $template }` es el nombre de una plantilla del motor: elige otro
error-template-running = `{ $vm }` no está parada: párala con `vm stop` y repite
error-template-missing = el motor ya no tiene esa plantilla: avisa a tu profesor
error-description-long = la descripción es demasiado larga: escribe como mucho { $max } caracteres
error-undone-publish = puerta se reinició antes de hacer la plantilla: publícala de nuevo
error-too-many-ports = son demasiados puertos: di como mucho { $max }
error-quota-place = di para quién, una sola vez: `--seat`, `--course` o `--role`
error-quota-unset = la cuota `{ $named }` no está puesta para `{ $name }`

## Ayuda
use-template-show = template show PLANTILLA[:VERSIÓN]
sum-template-show = Enseña todo sobre una plantilla: versiones, límites y puertos.
help-template-show =
    Ejemplo: template show tomcat
use-template-publish = template publish MÁQUINA --name PLANTILLA [--course CURSO] [--description TEXTO] [--cpus N] [--memory TAMAÑO] [--disk TAMAÑO] [--ports PUERTO,…]
sum-template-publish = Hace una plantilla de una máquina tuya parada (profesores).
help-template-publish =
    Se ofrece a un curso, y no cambia nada para los demás, tampoco si tienen una
    con ese nombre. Con el mismo nombre otra vez se hace la versión siguiente; los
    números se cuentan entre todos los cursos. La máquina se queda como está. No
    van a la plantilla: las claves de host, el machine-id, el nombre y la dirección
    de la máquina, las claves que abren a root y a los usuarios, el historial de
    los intérpretes de órdenes, el diario, ni lo que haya en `/tmp`. Todo lo demás
    sí: busca antes tú las contraseñas y las claves privadas.

    --course CURSO        el curso para el que es; si no, el de la máquina
    --description TEXTO   una línea que la describa
    --cpus N              lo que recibe una máquina hecha con ella si no se pide
    --memory TAMAÑO       nada; si no, lo que tiene esta máquina
    --disk TAMAÑO
    --ports PUERTO,…      puertos que se publican de cada máquina: `80,53/udp`

    Ejemplo: template publish web1 --name tomcat --ports 8080
use-template-retire = template retire PLANTILLA[:VERSIÓN] [--course CURSO] [--yes]
sum-template-retire = Deja de ofrecer una plantilla, o una de sus versiones (profesores).
help-template-retire =
    Las máquinas hechas con ella se quedan. La imagen sigue hasta que se borra la
    última.

    --course CURSO    de cuál, si varios cursos tienen una con ese nombre
    --yes             sin preguntar

    Ejemplo: template retire tomcat:1

help-quota = Cuotas: cuánto puede tener un puesto.
use-quota-show = quota show [--seat PUESTO | --course CURSO | --role ROL]
sum-quota-show = Enseña cuánto tiene y cuánto puede tener tu puesto.
help-quota-show =
    --seat PUESTO     las de ese puesto (profesores)
    --course CURSO    las que valen en un curso (profesores)
    --role ROL        las que valen para un rol (profesores)

    Ejemplo: quota show
use-quota-set = quota set CUOTA CUÁNTO --seat PUESTO | --course CURSO | --role ROL
sum-quota-set = Cambia cuánto pueden tener los puestos (profesores).
help-quota-set =
    CUOTA es `máquinas`, `en-marcha`, `memoria`, `cpu`, `disco`, `copias` o
    `publicaciones`, o su nombre inglés. CUÁNTO es un número, un tamaño como `2G`,
    o `default`, que quita lo que se puso ahí.
    Lo del puesto vale antes que lo de su curso, eso antes que lo del rol de sus
    miembros, y eso antes que lo de la configuración. Nadie pierde lo que tiene.

    Ejemplo: quota set en-marcha 3 --course aso-2026
