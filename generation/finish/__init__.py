"""Finish: notes → the files that a musician receives."""
