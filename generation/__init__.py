"""Read a tune, model it and play on. This package knows nothing of Discord."""
