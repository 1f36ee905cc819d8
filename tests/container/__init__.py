"""Ladle as a service on machines of its own: Debian roots in which a real systemd boots."""
