"""Baselines, which the model and its sampler have to beat."""
