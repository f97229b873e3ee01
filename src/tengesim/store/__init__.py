"""Run folders: written whole or not at all, checked whenever they are read."""
