"""Foods, portions, the day's plan and its arithmetic: the domain, which knows nothing of voice or network."""
