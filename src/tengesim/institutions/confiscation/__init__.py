"""Confiscation: what is arrested, who decides whose it is, and when it becomes the state's."""
