"""Music: the nouns and the theory that everything speaks: melody, song, key, pulse and spelling."""
