"""Sound: notes → an MP3 that is as loud as others are."""
