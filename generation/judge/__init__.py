"""Judge: how well it plays, and how fast."""
