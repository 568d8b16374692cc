# Segundo factor: lo que se muestra en un teléfono y se pregunta al entrar.
error-second-factor-needed = para esto hace falta un segundo factor: ponlo con `ssh -t … totp add` y vuelve a entrar
error-totp-terminal = `totp` necesita un terminal: entra con `ssh -t`
error-totp-twice = ya tienes un segundo factor: para poner otro, quítalo antes con `totp remove`
error-totp-none = no tienes segundo factor: ponlo con `totp add`
error-totp-code = ese código no vale: escribe el que se ve ahora, y mira que la hora del teléfono sea la correcta
error-totp-closed = demasiados códigos incorrectos: no se mira ninguno más hasta dentro de { $minutes ->
    [one] un minuto
   *[other] { $minutes } minutos
}
error-totp-nobody = `{ $login }` no tiene segundo factor: no hay nada que quitar
error-totp-self = ese es tu propio segundo factor: quítalo con `totp remove` y un código

notice-wrong-code = Ese código no es correcto o ya se ha usado: espera al siguiente.
notice-too-many-codes = Demasiados códigos de verificación incorrectos: espera unos minutos y vuelve a conectarte. Si has perdido el teléfono, usa un código de recuperación o pide ayuda.
ask-totp-code = Código de verificación:
ask-person-totp-reset = ¿Quitar el segundo factor a `{ $login }`? Entrará solo con su clave o su contraseña.

totp-scan = Lee esto con la aplicación de códigos de tu teléfono, o escribe la clave en ella:
totp-secret = clave: { $secret }
totp-keep-codes = Guárdalos fuera del teléfono: cada uno sirve una vez en lugar de un código, y no se vuelven a mostrar.
done-totp-added = El segundo factor está puesto. Códigos de recuperación:
done-totp-again = Desde ahora se pide un código en cada entrada. En esta sesión aún no lo has probado: sal y vuelve a entrar.
done-totp-removed = El segundo factor está quitado.
done-totp-codes = Códigos de recuperación nuevos; los anteriores ya no sirven:
done-totp-reset = `{ $login }` ya no tiene segundo factor. Sus sesiones abiertas siguen: si el teléfono lo tiene otro, ciérralas con `person suspend { $login }`.
col-second-factor = segundo factor
word-factor-proved = sí, en esta entrada; { $left ->
    [one] queda un código
   *[other] quedan { $left } códigos
} de recuperación
word-factor-unproved = sí, pero no en esta entrada: vuelve a entrar; { $left ->
    [one] queda un código
   *[other] quedan { $left } códigos
} de recuperación

use-person-totp-reset = person totp-reset USUARIO [--yes]
sum-person-totp-reset = Quita el segundo factor a alguien que lo ha perdido.
help-person-totp-reset =
    Entrará solo con su clave o su contraseña, y podrá poner otro con `totp add`.

    --yes    sin preguntar

    Ejemplo: person totp-reset profesor2

help-totp = Tu segundo factor: un código del teléfono, que se pide en cada entrada.
use-totp-add = totp add
sum-totp-add = Pone tu segundo factor.
help-totp-add =
    Muestra un QR para la aplicación de códigos de tu teléfono, pide un código
    para comprobarlo y da diez códigos de recuperación. Necesita un terminal.

    Ejemplo: ssh -t { $door } totp add
use-totp-remove = totp remove
sum-totp-remove = Quita tu segundo factor; pide un código.
help-totp-remove =
    Vale también un código de recuperación. Necesita un terminal.

    Ejemplo: ssh -t { $door } totp remove
use-totp-codes = totp codes
sum-totp-codes = Da diez códigos de recuperación nuevos; pide un código.
help-totp-codes =
    Los anteriores dejan de servir. Necesita un terminal.

    Ejemplo: ssh -t { $door } totp codes
