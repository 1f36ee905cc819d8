"""Microphone, speaker and gate: sound on its way in and out."""
