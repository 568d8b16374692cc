# Lo que puerta dice sin que se lo pregunten, y lo que pregunta.

notice-welcome = Hola, { $login }: tienes { $machines } de { $quota } máquinas. Escribe `help` para ver qué puedes hacer.
notice-little-room = quedan solo { $mib } MiB en el disco de la auditoría, y sin sitio no se hace nada: avisa al técnico
notice-first-login =
    Has entrado con un código que ya no vale. Antes de salir, haz una de estas dos cosas:
      key add ssh-ed25519 AAAA…   pega la línea de tu fichero ~/.ssh/id_ed25519.pub
      passwd                      o pon una contraseña para `ssh { $portflag }{ $login }@{ $host }`
notice-goodbye = Hasta luego.
notice-job-detached = La tarea { $job } sigue sola: vuelve a verla con `job watch { $job }`.
notice-suspended = Tu puerta se ha cerrado: habla con tu profesor.
notice-shutdown = puerta se reinicia: tus máquinas siguen en marcha; vuelve a entrar dentro de un minuto.
notice-too-many-connections = Tienes demasiadas conexiones abiertas: cierra alguna y vuelve a conectarte.
notice-too-many-tries = Demasiadas contraseñas incorrectas: espera un momento y vuelve a conectarte, o pide un código nuevo a tu profesor.
notice-wrong-password = La contraseña o el código no vale.
notice-displaced = Otras conexiones han ocupado este sitio antes de que entraras: vuelve a conectarte.
notice-door-full = Hay demasiadas conexiones abiertas: prueba en un minuto.
notice-door-narrowed = Desde tu red muchas conexiones se han ido sin identificarse, y ahora hay otras a medias: prueba otra vez, como mucho dentro de { $minutes } min, con una sola conexión.
notice-too-much-waiting = Un canal de tu conexión ha pedido a la vez más cosas de las que se guardan: pide menos y vuelve a conectarte.
notice-not-utf8 = Lo que has escrito no está en UTF-8 y no se ha podido leer: pon tu terminal en UTF-8 y repite.
notice-closed = Esta sesión termina; tus máquinas siguen como están.
notice-left-alone = No se ha hecho nada.

ask-hint = [s/N]
ask-vm-delete = ¿Borrar la máquina `{ $vm }` con todo lo que contiene? Sus copias se quedan.
ask-vm-restore = ¿Devolver `{ $vm }` a como estaba en `{ $backup }`? Lo que ahora contiene se pierde.
ask-vm-restore-newest = ¿Devolver `{ $vm }` a como estaba en su última copia? Lo que ahora contiene se pierde.
ask-vm-backup = ¿Hacer la copia de `{ $vm }`? Caben { $keep }, y se borrará la más vieja: { $backups }.
ask-backup-delete = ¿Borrar para siempre la copia `{ $backup }`?
ask-key-remove = ¿Quitar la clave `{ $key }`? Ya no podrás entrar con ella.
ask-person-suspend = ¿Cerrar la puerta a `{ $login }`? Sus sesiones abiertas se cierran ahora.
ask-person-remove = { $all ->
    [0] ¿Dar de baja a `{ $login }`? Sus sesiones abiertas se cierran ahora.
    [one] ¿Dar de baja a `{ $login }` y borrar para siempre la máquina o copia que es solo suya? Sus sesiones abiertas se cierran ahora.
   *[other] ¿Dar de baja a `{ $login }` y borrar para siempre las { $all } máquinas y copias que son solo suyas? Sus sesiones abiertas se cierran ahora.
}
ask-key = Pega la línea de tu clave pública:{ " " }
ask-password = Contraseña nueva:{ " " }
ask-password-again = Otra vez:{ " " }

progress = tarea { $job }: { $step }
progress-bytes = tarea { $job }: { $step }, { $done }
progress-of = tarea { $job }: { $step }, { $percent } % ({ $done } de { $total })
step-queue = esperando turno
step-create = creando la máquina
step-start = arrancando
step-export = copiando
step-verify = comprobando
step-import = recuperando
step-stop = parando
step-swap = cambiando la vieja por la nueva
step-rollback = deshaciendo el cambio
step-remove = borrando

method-publickey = clave
method-password = contraseña
method-code = código de un solo uso
