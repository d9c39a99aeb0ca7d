"""Learn: tunes → weights.

Its front doors are `train.train` and `train_band.train`, and `gather.gather` for the data.
"""
