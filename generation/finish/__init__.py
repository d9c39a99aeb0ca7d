"""Finish: notes → the files that a musician receives.

The front doors are `take.finish` for a tune, and `band.finish_band` for several parts.
"""
