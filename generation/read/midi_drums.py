"""MIDI drums: find the lines that play drums rather than tones, on any channel."""

import re
from bisect import bisect_right
from collections import defaultdict

from generation.music.song import BANK
from generation.read.midi_lines import Heard, Line

DRUM_CHANNEL = 10
DRUM_BANKS, TONE_BANK = (120, 126, 127), 121  # of XG and GM2
TUNED_DRUMS = range(112, 120)  # programs that play tones: steel drums, taiko, toms
# Names of drum tracks, and the keys on which such tracks play them.
DRUMS = re.compile(
    r"\b(drum ?s?|drum ?kit|kick|snare|hi-?hats?|cymbals?|toms?|percussion|perc(?!\.? org)|bass ?drum|conga|bongo|"
    r"claps?|cowbell|shaker|tambourine|schlagzeug|batterie|bater[ií]a|batteria)\b|ドラム|鼓组|드럼|ударные",
    re.I,
)
KEYS = range(27, 88)
KICKS, HATS = (35, 36, 38, 40), (42, 44, 46, 51)
KIT = frozenset((*range(35, 60), 69, 70, 75, 76, 77))


def is_drums(line: Line, found: Heard, name: str) -> bool:
    """Whether a line plays drums: by messages of GS and XG, by its bank or its channel's number; else by the player's
    name, if there is one, or by notes that only drums play."""
    if line.channel in found.rhythm:
        return found.rhythm[line.channel]
    start = line.notes[0].onset
    bank = next((value for tick, number, value in reversed(line.controls) if number == BANK and tick <= start), 0)
    if line.channel == DRUM_CHANNEL:
        return bank != TONE_BANK or found.roland  # GM2's bank of tones
    if bank in DRUM_BANKS and not found.roland:
        return True
    program = max(program_of(line), 0)
    pitches = {note.pitch for note in line.notes}
    if program in TUNED_DRUMS or not all(pitch in KEYS for pitch in pitches):
        return False
    if DRUMS.search(name) and "steel" not in name.lower():
        return True
    return program == 0 and pitches <= KIT and _plays_a_kit(line)


def _plays_a_kit(line: Line) -> bool:
    """Whether kick or snare and a cymbal are struck together again and again, and nothing else is a chord."""
    struck: dict[int, set[int]] = defaultdict(set)
    for note in line.notes:
        struck[note.onset].add(note.pitch)
    pitches = set().union(*struck.values())
    if not (pitches & {35, 36} and pitches & {38, 40} and pitches & set(HATS)):
        return False
    both = sum(bool(chord & set(KICKS)) and bool(chord & set(HATS)) for chord in struck.values())
    hats = sum(bool(chord & set(HATS)) for chord in struck.values())
    return both > 0.15 * len(struck) and hats > 0.4 * len(struck)


def program_of(line: Line) -> int:
    """The program with which a line begins; −1 if unknown."""
    before = bisect_right(line.programs, line.notes[0].onset, key=lambda change: change[0])
    return line.programs[max(before - 1, 0)][1] if line.programs else -1
