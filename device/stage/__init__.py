"""Rehearsals on a stage: the whole device against the stand-in, shown in the terminal."""
