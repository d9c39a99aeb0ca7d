"""Read a tune, model it, play on. Knows nothing of Discord."""
