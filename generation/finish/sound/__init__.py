"""Sound: notes → an MP3 of the usual loudness.

Its front door is `render.render`; `master` and `mp3.encode` follow.
"""
