"""The names of General MIDI's 128 sounds, and the instrument that suits a style."""

from generation.request import INSTRUMENTS

# The sounds that `INSTRUMENTS` does not offer: program → name.
OTHERS = {
    1: "bright piano", 2: "electric grand piano", 3: "honky-tonk piano", 5: "FM electric piano", 7: "clavinet",
    8: "celesta", 9: "glockenspiel", 10: "music box", 14: "tubular bells", 15: "dulcimer", 16: "drawbar organ",
    17: "percussive organ", 18: "rock organ", 20: "reed organ", 23: "bandoneon", 26: "jazz guitar", 28: "muted guitar",
    29: "overdriven guitar", 30: "distorted guitar", 31: "guitar harmonics", 34: "picked bass", 35: "fretless bass",
    36: "slap bass", 37: "popped bass", 38: "synth bass", 39: "rubber bass", 44: "tremolo strings",
    45: "pizzicato strings", 47: "timpani", 49: "slow strings", 50: "synth strings", 51: "soft synth strings",
    53: "voice", 54: "synth voice", 55: "orchestra hit", 59: "muted trumpet", 62: "synth brass", 63: "soft synth brass",
    69: "English horn", 72: "piccolo", 75: "pan flute", 76: "blown bottle", 77: "shakuhachi", 78: "whistle",
    80: "square lead", 81: "sawtooth lead", 82: "calliope lead", 83: "chiff lead", 84: "charang lead",
    85: "voice lead", 86: "fifths lead", 87: "bass and lead", 88: "new age pad", 89: "warm pad", 90: "polysynth pad",
    91: "choir pad", 92: "bowed pad", 93: "metallic pad", 94: "halo pad", 95: "sweep pad", 96: "rain",
    97: "soundtrack", 98: "crystal", 99: "atmosphere", 100: "brightness", 101: "goblins", 102: "echoes", 103: "sci-fi",
    104: "sitar", 106: "shamisen", 107: "koto", 108: "kalimba", 111: "shanai", 112: "tinkle bell", 113: "agogo",
    114: "steel drums", 115: "woodblock", 116: "taiko", 117: "melodic tom", 118: "synth drum", 119: "reverse cymbal",
    120: "fret noise", 121: "breath noise", 122: "seashore", 123: "birds", 124: "telephone", 125: "helicopter",
    126: "applause", 127: "gunshot",
}  # fmt: skip
SOUNDS = {program: name for name, program in INSTRUMENTS.items()} | OTHERS
# Style → an instrument that often plays it, and the lowest and highest pitch at which it sounds well.
SUITABLE = {
    "jazz": ("tenor sax", 44, 80),
    "irish": ("flute", 59, 96),
    "american": ("fiddle", 55, 98),
    "british": ("recorder", 60, 91),
    "artsong": ("clarinet", 50, 91),
    "pop": ("electric piano", 28, 103),
    "standards": ("vibraphone", 53, 89),
    "hymn": ("organ", 36, 96),
}


def suitable(style: str, lowest: int, highest: int) -> int:
    """The program of an instrument that suits a style and can play from `lowest` to `highest`; else the piano's."""
    name, bottom, top = SUITABLE.get(style, ("piano", 0, 127))
    return INSTRUMENTS[name if bottom <= lowest and highest <= top else "piano"]
