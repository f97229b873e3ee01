"""Who exists: people and firms, built in columns from named streams."""
