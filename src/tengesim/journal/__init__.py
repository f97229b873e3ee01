"""What happened: rows, names, digest and cube of the event log, the only output of a run."""
