"""Play: new notes after a tune or from nothing, for any number of takes at once."""
