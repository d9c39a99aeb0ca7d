"""ABC measures: written bars → the sounds of each, in quarters. music21 reads the notes, Encore's own code the rest."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import lru_cache
from itertools import accumulate

from music21.abcFormat import ABCChord, ABCHandler, ABCNote

from generation.music.key import PITCH_CLASS, Key
from generation.music.metre import Metre, bar_length, is_compound
from generation.music.song import legible
from generation.read import abc_fields
from generation.read.abc_text import decoded
from generation.read.abc_words import Item
from generation.read.repeats import Bar

DRUM_CHANNEL = 10
MOST_LAYERS = 4
TONE = re.compile(r"(?:\^{1,2}|_{1,2}|=)?[A-Ga-g](?:,{0,4}|'{0,4})")
TOGETHER = ("note", "chord", "tuplet", "broken", "tie", "symbol", "verse")  # kinds of items that are read together


@dataclass(frozen=True)
class Sound:
    """A note, chord or rest as written, in unit lengths: pitches as (step, octave, accidental or None)."""

    length: Fraction
    pitches: tuple[tuple[str, int, int | None], ...]
    tied: bool


@dataclass
class Measure:
    """A bar in quarters from its beginning.

    sounds  (at, length, MIDI pitches, tied on) of each note, chord and rest
    keys    (at, key) of its beginning and of each change, None where a signature is no key; tempo likewise
    words   (at, verse, syllable)
    marks   (at, label of the part that begins there)
    within  whether no bar line stands before it
    """

    metre: Metre | None
    keys: list[tuple[Fraction, Key | None]]
    tempo: list[tuple[Fraction, float]]
    sounds: list[tuple[Fraction, Fraction, tuple[int, ...], bool]] = field(default_factory=list)
    chords: list[tuple[Fraction, str]] = field(default_factory=list)
    words: list[tuple[Fraction, int, str]] = field(default_factory=list)
    programs: list[tuple[Fraction, int]] = field(default_factory=list)
    marks: list[tuple[Fraction, str]] = field(default_factory=list)
    drums: bool = False
    within: bool = False
    length: Fraction = Fraction(0)


@dataclass
class Pen:
    """The state while a voice is read: the fields, directives and accidentals in force.

    unit    the unit length, quarters
    shift   semitones by which the voice sounds higher than written
    heard   step → accidental since the last bar line; held  likewise for notes that are tied over it
    """

    signature: abc_fields.Signature
    unit: Fraction
    metre: Metre | None
    pace: float
    shift: int = 0
    drums: bool = False
    drum_map: dict[int, int] = field(default_factory=dict)
    heard: dict[str, int] = field(default_factory=dict)
    held: dict[tuple[str, int], int] = field(default_factory=dict)

    def read(self, bars: list[Bar[Item]], layer: int = 0) -> Iterator[Measure]:
        """The measures of a voice, or of the `layer`-th voice that `&` lays over it."""
        for bar in bars:
            measure = Measure(
                self.metre, [(Fraction(0), self.signature.key)], [(Fraction(0), self.pace)], within=bar.within
            )
            self.heard = self.heard if bar.within else {}
            pieces: list[Item] = []
            for kind, text in [*_layer(bar.items, layer), ("end", "")]:
                if kind in TOGETHER:
                    pieces.append((kind, text))
                    continue
                self._play(measure, pieces)
                pieces = []
                self._field(measure, kind, text)
            measure.drums = self.drums
            yield measure

    def _play(self, measure: Measure, pieces: list[Item]) -> None:
        """Add notes with their chord symbols and syllables."""
        sounds = _sounds(pieces, is_compound(self.metre))
        lengths = (sound.length * self.unit for sound in sounds)
        places = list(accumulate(lengths, initial=measure.length))
        for sound, at in zip(sounds, places, strict=False):
            measure.sounds.append((at, sound.length * self.unit, self._pitches(sound), sound.tied))
        count = 0
        for kind, text in pieces:
            at = places[min(count, len(sounds))]
            count += kind in ("note", "chord")
            if kind == "symbol":
                measure.chords.append((at, text))
            elif kind == "verse":
                verse, _, syllable = text.partition(" ")
                measure.words.append((at, int(verse), syllable))
        measure.length = places[-1]

    def _pitches(self, sound: Sound) -> tuple[int, ...]:
        found = []
        for step, octave, accidental in sound.pitches:
            if accidental is not None:
                self.heard[step] = accidental
            usual = self.heard.get(step, self.signature.altered.get(step, 0))
            alter = self.held.get((step, octave), usual) if accidental is None else accidental
            found.append((step, octave, alter))
        self.held = {(step, octave): alter for step, octave, alter in found} if sound.tied else {}
        if self.drums and self.drum_map:
            as_written = (_midi(step, octave, accidental or 0) for step, octave, accidental in sound.pitches)
            return tuple(self.drum_map.get(pitch, pitch) for pitch in as_written)
        return tuple(_midi(*note) + self.signature.transpose + self.shift for note in found)

    def _field(self, measure: Measure, letter: str, text: str) -> None:
        at = measure.length
        if letter == "rests":
            bar = bar_length(self.metre) if self.metre else Fraction(4)
            rest = bar * int(text[1:] or 1)
            measure.sounds.append((at, rest, (), False))
            measure.length += rest
        elif letter == "K":
            self.signature = abc_fields.signature(text, self.signature)
            self.drums |= abc_fields.percussive(text)
            measure.keys.append((at, self.signature.key))
        elif letter == "M":
            self.metre = abc_fields.metre(text)
            measure.metre = measure.metre if at else self.metre
        elif letter == "L":
            self.unit = abc_fields.length(text) or self.unit
        elif letter == "Q" and (pace := abc_fields.tempo(text, self.unit)):
            self.pace = pace
            measure.tempo.append((at, pace))
        elif letter == "P" and (label := legible(decoded(text))):
            measure.marks.append((at, label))
        elif letter == "I":
            self._direct(measure, text.removeprefix("MIDI").lstrip("= ").split())

    def _direct(self, measure: Measure, words: list[str]) -> None:
        """Obey a directive for MIDI: “program 73”, “transpose -12”, “channel 10”, “drummap ^F 42”."""
        name, number = words[0].lower() if words else "", words[-1] if words else ""
        if name in ("drummap", "percmap") and len(words) == 3 and number.isdigit() and int(number) <= 127:
            self.drum_map |= {
                _midi(s, o, a or 0): int(number) for sound in _decode(words[1]) for s, o, a in sound.pitches
            }
        if not re.fullmatch(r"[+-]?\d{1,3}", number):
            return
        if name == "program" and 0 <= int(number) <= 127:
            measure.programs.append((measure.length, int(number)))
        elif name == "transpose" and abs(int(number)) <= 48:
            self.shift = int(number)
        elif name == "rtranspose" and abs(self.shift + int(number)) <= 48:
            self.shift += int(number)
        elif name == "channel":
            self.drums = int(number) == DRUM_CHANNEL


def layers(bars: list[Bar[Item]]) -> int:
    """The most voices that `&` lays over this one in any bar."""
    return min(max((sum(kind == "overlay" for kind, _ in bar.items) for bar in bars), default=0), MOST_LAYERS)


def _layer(items: list[Item], layer: int) -> list[Item]:
    """The items of one of the voices of a bar; fields apply to all."""
    marks = [i for i, (kind, _) in enumerate(items) if kind == "overlay"]
    bounds = [0, *(i + 1 for i in marks), len(items) + 1]
    own = items[bounds[layer] : bounds[layer + 1] - 1] if layer < len(bounds) - 1 else []
    return own if not layer else [item for item in items[: bounds[1] - 1] if len(item[0]) == 1] + own


def _sounds(pieces: list[Item], compound: bool) -> list[Sound]:
    """The sounds of a bar, read by music21 in handfuls: its time grows with the square of what it is given.

    Ties and tuplets are not shown to it: it overlooks broken rhythm at a tie, and knows tuplets up to nine only.
    """
    tied: set[int] = set()
    within: dict[int, Fraction] = {}  # index of a sound → the factor of its tuplet
    count = 0
    for kind, text in pieces:
        count += kind in ("note", "chord")
        if kind == "tie":
            tied.add(count - 1)
        elif kind == "tuplet":
            ratio, notes = abc_fields.tuplet(text, compound)
            within |= dict.fromkeys(range(count, count + notes), ratio)
    pieces = [piece for piece in pieces if piece[0] in ("note", "chord", "broken")]
    sounds: list[Sound] = []
    handful: list[str] = []
    for i, (kind, text) in enumerate(pieces):
        handful.append(text)
        open_end = "broken" in (kind, *(following for following, _ in pieces[i + 1 : i + 2]))
        if (len(handful) >= 8 and not open_end) or i == len(pieces) - 1:
            sounds += _decode(" ".join(handful))
            handful = []
    return [
        replace(sound, length=sound.length * within.get(i, 1), tied=sound.tied or i in tied)
        for i, sound in enumerate(sounds)
    ]


@lru_cache(maxsize=20_000)
def _decode(text: str) -> tuple[Sound, ...]:
    """music21's reading of some notes, in unit lengths; cached, since tunes repeat their bars."""
    handler = ABCHandler(abcVersion=(1, 3, 0))  # the version in which music21 leaves accidentals to us
    handler.process(f"L:1/4\n{text}    ")  # the blanks: music21 looks two characters ahead
    sounds = []
    for token in handler.tokens:
        if isinstance(token, ABCNote):
            notes = token.subTokens if isinstance(token, ABCChord) else [token]
            names = [note.pitchName for note in notes if isinstance(note, ABCNote) and note.pitchName]
            tied = isinstance(token, ABCChord) and "-" in token.src
            sounds.append(Sound(Fraction(token.quarterLength), tuple(map(_pitch, names)), tied))
    return tuple(sounds)


def _pitch(name: str) -> tuple[str, int, int | None]:
    """“F#5” → (F, 5, 1); “Cn4” → (C, 4, 0); “C4” → (C, 4, None)."""
    sign = name[1:].rstrip("0123456789-") if name[1:2] != "-" else "-" * name.count("-")
    digits = name[1 + len(sign) :]
    return name[0], int(digits), {"": None, "n": 0}.get(sign, sign.count("#") - sign.count("-"))


def _midi(step: str, octave: int, alter: int) -> int:
    return 12 * (octave + 1) + PITCH_CLASS[step] + alter
