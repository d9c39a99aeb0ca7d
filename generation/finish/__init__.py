"""Finish: notes → the files that a musician gets."""
