"""Read: bytes from a stranger → what is in them, and which part of it is the melody."""
