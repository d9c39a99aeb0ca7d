"""Read ABC: the text of a tune → its voices. music21 reads the notes of each bar, everything around them is ours.

What music21 gets wrong is put right here and in abc_fields.py and abc_bars.py: accidentals that last to the bar's
end, K:HP and K: with accidentals, fields within bars, all repeats and endings, rests of several bars, tuplets, broken
rhythm across grace notes; and time that grows with the square of the length.
"""

import re
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import lru_cache

import numpy as np
from music21.abcFormat import ABCChord, ABCHandler, ABCNote

from generation.music.clock import Tempo
from generation.music.key import PITCH_CLASS
from generation.music.melody import Melody
from generation.music.notes import Notes
from generation.music.song import Part, Song, legible
from generation.read import abc_fields
from generation.read.abc_bars import Item, written
from generation.read.abc_tune import NOTE, take_apart, tunes
from generation.read.find_melody import find_melody
from generation.read.repeats import Bar, played
from generation.request import Refusal, Words

MAX_CHARACTERS = 64_000
MAX_VOICES = 16
MAX_NOTES = 30_000  # of all voices, as written
VELOCITY = 80


@dataclass(frozen=True)
class Sound:
    """A note, chord or rest as written, in unit lengths: pitches as (step, octave, accidental or None)."""

    length: Fraction
    pitches: tuple[tuple[str, int, int | None], ...]
    tied: bool


@dataclass
class _Measure:
    """A bar in quarters: (length, MIDI pitches, tied) of each sound, and what changes in it."""

    sounds: list[tuple[Fraction, tuple[int, ...], bool]] = field(default_factory=list)
    tempo: list[tuple[Fraction, float]] = field(default_factory=list)
    length: Fraction = Fraction(0)


def read_abc(text: str, tune: int | str | None = None, expand_repeats: bool = True) -> Melody:
    """The melody of one tune in ABC notation.

    tune            its number (X:); None for the first
    expand_repeats  whether repeats are played out

    Onsets and durations are those of the score, velocities are all 80. Raises `Refusal`.
    """
    return find_melody(abc_song(text, tune, expand_repeats)).melody


def abc_song(text: str, tune: int | str | None = None, expand_repeats: bool = True) -> Song:
    """All voices of one tune; arguments as in `read_abc`."""
    shared, found = tunes(text)
    if tune is not None:
        number = str(tune).strip().lstrip("0")
        found = [piece for piece in found if re.search(rf"^[ \t]*X:\s*0*{re.escape(number)}\s*(%|$)", piece, re.M)]
        if not found:
            raise Refusal("There is no tune X:{number} in this ABC file.", number=str(tune))
    if len(found[0]) > MAX_CHARACTERS:
        raise Refusal(
            "This ABC tune has {characters} characters; the limit is {limit}. Send a shorter one.",
            characters=len(found[0]),
            limit=MAX_CHARACTERS,
        )
    taken = take_apart(shared[:2_000] + found[0])
    header = taken.header
    if len(taken.voices) > MAX_VOICES:
        raise Refusal(
            "This ABC tune has {voices} voices; the limit is {limit}. Send fewer.",
            voices=len(taken.voices),
            limit=MAX_VOICES,
        )
    notes = sum(len(NOTE.findall(music)) for music in taken.voices.values())
    if notes > MAX_NOTES:
        raise Refusal(
            "This ABC tune has {notes} notes; the limit is {limit}. Send a shorter one.", notes=notes, limit=MAX_NOTES
        )
    beats = abc_fields.metre(header.get("M", ""))
    signature = abc_fields.signature(header.get("K", ""))
    unit = abc_fields.length(header.get("L", "")) or abc_fields.usual_length(beats)
    pace = abc_fields.tempo(header.get("Q", ""), unit) or abc_fields.usual_tempo(header.get("R", ""), beats)
    order = abc_fields.parts(header.get("P", ""))
    parts: list[Part] = []
    marks = {0.0: pace}
    downbeat = 0.0
    for count, (name, music) in enumerate(taken.voices.items(), 1):
        bars = written(music)
        shift = abc_fields.transposition(taken.said.get(name, ""))
        measures = _measures(bars, signature, unit, beats, shift)
        sequence = [measures[i] for i in (played(bars, order) if expand_repeats else range(len(bars)))]
        line, tempo = _performed(sequence)
        if len(line):
            parts.append(Part(line, name=legible(taken.title(name)), place=Words("voice {number}", number=count)))
        if count == 1:
            marks |= tempo
            full = Fraction(beats[0] * 4, beats[1]) if beats else Fraction(0)
            downbeat = float(measures[0].length) if measures and measures[0].length < full else 0.0
    if not parts:
        raise Refusal("There are no notes in this ABC tune. Send one that has notes after its K: line.")
    title = legible(header.get("T", ""))
    tempi = tuple(Tempo(onset, marks[onset]) for onset in sorted(marks))
    metres = ((0.0, beats),) if beats else ()
    keys = ((0.0, signature.key),) if signature.key else ()
    return Song(tuple(parts), tempi, metres, keys, downbeat, title=title)


def _measures(
    bars: list[Bar[Item]], signature: abc_fields.Signature, unit: Fraction, beats: tuple[int, int] | None, shift: int
) -> list[_Measure]:
    """What each written bar sounds like: signatures and accidentals applied, lengths in quarters."""
    measures = []
    heard: dict[str, int] = {}  # accidentals since the last bar line
    held: dict[tuple[str, int], int] = {}  # accidentals of notes that are tied over the bar line
    for bar in bars:
        measure = _Measure()
        heard = heard if bar.within else {}
        pieces: list[Item] = []
        for kind, text in [*bar.items, ("end", "")]:
            if kind in ("note", "chord", "tuplet", "broken", "tie"):
                pieces.append((kind, text))
                continue
            compound = beats is not None and beats[1] >= 8 and beats[0] % 3 == 0
            for sound in _sounds(pieces, compound):
                pitches = []
                for step, octave, accidental in sound.pitches:
                    if accidental is not None:
                        heard[step] = accidental
                    usual = heard.get(step, signature.altered.get(step, 0))
                    alter = held.get((step, octave), usual) if accidental is None else accidental
                    pitches.append((step, octave, alter))
                held = {(step, octave): alter for step, octave, alter in pitches} if sound.tied else {}
                midi = tuple(
                    12 * (octave + 1) + PITCH_CLASS[step] + alter + signature.transpose + shift
                    for step, octave, alter in pitches
                )
                measure.sounds.append((sound.length * unit, midi, sound.tied))
                measure.length += sound.length * unit
            pieces = []
            if kind == "rests":
                rest = Fraction(beats[0] * 4, beats[1]) if beats else Fraction(4)
                rest *= int(text[1:] or 1)
                measure.sounds.append((rest, (), False))
                measure.length += rest
            elif kind == "K":
                signature = abc_fields.signature(text)
            elif kind == "M":
                beats = abc_fields.metre(text)
            elif kind == "L":
                unit = abc_fields.length(text) or unit
            elif kind == "Q" and (pace := abc_fields.tempo(text, unit)):
                measure.tempo.append((measure.length, pace))
        measures.append(measure)
    return measures


def _sounds(pieces: list[Item], compound: bool) -> list[Sound]:
    """The sounds of a bar, read by music21 in handfuls: its time grows with the square of what it is given.

    Ties and tuplets are kept from it: it sees no broken rhythm where there is a tie, and counts tuplets to nine.
    """
    tied: set[int] = set()
    within: dict[int, Fraction] = {}  # what a tuplet makes of the length of a note
    count = 0
    for kind, text in pieces:
        count += kind in ("note", "chord")
        if kind == "tie":
            tied.add(count - 1)
        elif kind == "tuplet":
            ratio, notes = abc_fields.tuplet(text, compound)
            within |= dict.fromkeys(range(count, count + notes), ratio)
    pieces = [piece for piece in pieces if piece[0] not in ("tie", "tuplet")]
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
    """music21's reading of some notes, in unit lengths. Tunes repeat their bars, so many are read already."""
    handler = ABCHandler(abcVersion=(1, 3, 0))  # in which music21 leaves accidentals to us
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


def _performed(measures: list[_Measure]) -> tuple[Notes, dict[float, float]]:
    """Bars in the order of playing → notes, ties merged, and tempo marks by onset."""
    notes: list[tuple[Fraction, Fraction, int]] = []
    tied: dict[int, int] = {}  # pitch → index of its note
    tempo: dict[float, float] = {}
    now = Fraction(0)
    for measure in measures:
        tempo |= {float(now + later): pace for later, pace in measure.tempo}
        for length, pitches, ties in measure.sounds:
            if length <= 0:
                continue
            sounding: dict[int, int] = {}
            for pitch in pitches:
                if pitch in tied:
                    onset, duration, _ = notes[tied[pitch]]
                    notes[tied[pitch]] = (onset, duration + length, pitch)
                    sounding[pitch] = tied[pitch]
                elif 0 <= pitch <= 127:
                    sounding[pitch] = len(notes)
                    notes.append((now, length, pitch))
            tied = sounding if ties else {}
            now += length
    notes.sort(key=lambda note: (note[0], note[2]))
    line = Notes(
        np.array([float(onset) for onset, _, _ in notes], np.float64),
        np.array([float(duration) for _, duration, _ in notes], np.float64),
        np.array([pitch for _, _, pitch in notes], np.int64),
        np.full(len(notes), VELOCITY),
    )
    return line, tempo
