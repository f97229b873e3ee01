"""Comparisons of scenarios: what differs, which runs it takes, and what they say together."""
