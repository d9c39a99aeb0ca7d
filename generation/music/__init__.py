"""Music: the types and the theory that all rooms share: notes, parts, songs, clock, keys, pulse, spelling."""
