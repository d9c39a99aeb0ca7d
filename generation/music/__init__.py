"""Music: the nouns and the theory that everything speaks: notes, parts and songs on one clock, keys, pulse, spelling."""
