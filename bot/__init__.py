"""Encore on Discord: commands in, music out. Knows nothing of music and imports neither torch nor music21."""
