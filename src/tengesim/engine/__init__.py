"""Where time passes: the SimPy environment, the world that knows everybody, and the run."""
