"""What people see of runs: figures, playback, stories and text, all made from tables."""
