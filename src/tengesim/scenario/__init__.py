"""What a study may ask: one file with everything a run needs, read strictly and resolved fully."""
