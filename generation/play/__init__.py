"""Play: a tune, or none → new notes, any number of takes at once."""
