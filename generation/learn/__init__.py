"""Learn: tunes → weights."""
