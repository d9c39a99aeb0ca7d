"""Sound: notes → an MP3 of the usual loudness."""
