"""Model: notes as numbers, the network that predicts them, and its checkpoint.

The front door is `loaded.load_model`; `likelihood.surprise` measures how well a model predicts a tune.
"""
