"""Play: new notes after a tune, or from nothing, for any number of takes at once.

The front door is `session.sample`; in a `session.Session`, takes may join and leave at any time.
"""
