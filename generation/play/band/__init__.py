"""Continue all parts of a song at once, or play a fresh piece of several parts.

Its front door is `session.play_on`, or a `session.BandSession` that takes join and leave.
"""
