"""Runs in the formats of others, written from the log alone; nobody in them is real."""
