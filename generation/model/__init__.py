"""Model: notes as numbers, the network that foresees them, and its checkpoint."""
