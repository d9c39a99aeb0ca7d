"""All parts of a song played on at once, or a fresh piece of several parts.

Its front door is `session.play_on`, or a `session.BandSession` that takes join and leave.
"""
