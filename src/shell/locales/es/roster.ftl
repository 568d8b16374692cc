# Matrícula, equipos: lo que se dice y lo que se responde.
