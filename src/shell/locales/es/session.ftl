# Sesiones, avisos, consola y grabaciones.
