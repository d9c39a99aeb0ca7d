"""Read: a stranger's bytes → a song, and the part of it that is the melody."""
