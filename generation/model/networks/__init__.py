"""The networks. Their `forward` takes rows and a state, and returns outputs that predict the next row, and a state."""
