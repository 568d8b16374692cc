# Nodes and moves.
