"""Behaviour, through the front doors."""
