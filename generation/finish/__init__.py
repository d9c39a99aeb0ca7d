"""Finish: notes → the files that a musician receives.

Its front door is `take.finish`.
"""
