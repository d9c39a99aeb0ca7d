"""Baselines: what the model and its sampler have to beat."""
