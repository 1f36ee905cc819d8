"""What connects the daemon to the machine it runs on: journal, readiness, timeline."""
