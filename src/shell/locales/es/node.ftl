# Nodos y traslados.
