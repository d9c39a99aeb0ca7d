"""Music: the nouns and the theory that everything speaks: notes, parts, songs, their clock, keys, pulse, spelling."""
