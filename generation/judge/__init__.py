"""Judge: measure how well and how fast Encore plays.

Its front doors are `evaluate`, `evaluate_band` and `bench`.
"""
