"""The networks: modules whose `forward` takes rows and a state, and gives what is known before the next row."""
