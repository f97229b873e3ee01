"""What can be seen: the page while arms run, and the page of a finished study."""
