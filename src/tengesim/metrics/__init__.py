"""Metrics: what a run is judged by, each defined once and computed from the log alone."""
