"""Read: a stranger's bytes → a song, and the part of it that is the melody.

Its front door is `file.read`; `beat.on_its_beat` finds the beat of a performance without a click.
"""
