# Plantillas y cuotas.
