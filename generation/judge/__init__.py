"""Judge: measure how well and how fast Encore plays."""
