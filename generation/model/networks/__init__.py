"""The networks: modules whose `forward` takes rows and a state, and returns outputs that predict the next row."""
