"""Serve: who runs what, in which process and within which limits."""
