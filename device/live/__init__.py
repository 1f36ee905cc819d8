"""The Live API: one long session over as many connections as it takes."""
