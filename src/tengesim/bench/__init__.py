"""How fast the simulator is, measured in one go with what else could do the same work."""
