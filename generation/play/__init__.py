"""Play: new notes after a tune or from nothing, for any number of takes at once.

Its front door is `session.sample`, or a `session.Session` that takes join and leave.
"""
