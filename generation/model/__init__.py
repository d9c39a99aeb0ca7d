"""Model: notes as numbers, the network that predicts them, and its checkpoint.

Its front door is `loaded.load_model`; `likelihood.surprise` says how well a model predicts a melody.
"""
