"""Read ABC: the text of a tune → its voices. music21 reads the notes of each bar; Encore's own code reads the rest.

Encore corrects music21's errors in abc_fields.py, abc_bars.py and abc_measures.py: accidentals that last to the
bar's end, K:HP and K: with accidentals, fields within bars, all repeats and endings, rests of several bars, tuplets,
broken rhythm across grace notes, and reading time that grows with the square of the length.
"""

import re
from fractions import Fraction

from generation.music.song import Part, Song, legible
from generation.read import abc_fields, abc_play
from generation.read.abc_bars import written
from generation.read.abc_measures import Measure, Pen, layers
from generation.read.abc_text import decoded
from generation.read.abc_tune import Tune, letters, take_apart, tunes
from generation.read.find_melody import find_melody
from generation.read.repeats import played
from generation.request import Refusal, Words

MAX_CHARACTERS = 64_000
MAX_VOICES = 16
MAX_NOTES = 30_000  # of all voices, as written
MOST_MACROS = 20


def read_abc(text: str, tune: int | str | None = None, expand_repeats: bool = True) -> Song:
    """The melody of one tune in ABC notation, as a song of one part.

    tune            its number (X:); None for the first
    expand_repeats  whether repeats are played out

    Onsets and durations are those of the score, velocities are all 80. Raises `Refusal`.
    """
    return find_melody(abc_song(text, tune, expand_repeats)).melody


def abc_song(text: str, tune: int | str | None = None, expand_repeats: bool = True) -> Song:
    """All voices of one tune; arguments and `Refusal` as in `read_abc`."""
    taken = _taken(text, tune)
    header = taken.header
    beats = abc_fields.metre(header.get("M", ""))
    unit = abc_fields.length(header.get("L", "")) or abc_fields.usual_length(beats)
    pace = abc_fields.tempo(header.get("Q", ""), unit) or abc_fields.usual_tempo(header.get("R", ""), beats)
    order = abc_fields.parts(header.get("P", ""))
    key = header.get("K", "")
    parts: list[Part] = []
    common: tuple[list[Measure], list[int]] | None = None
    for number, (name, music) in enumerate(taken.voices.items(), 1):
        said = taken.said.get(name, "")
        bars = written(_expanded(taken, music), taken.symbols)
        sequence = played(bars, order) if expand_repeats else list(range(len(bars)))
        begins: list[Fraction] = []
        for layer in range(1 + layers(bars)):
            drums = abc_fields.percussive(said) or abc_fields.percussive(key)
            pen = Pen(abc_fields.signature(key), unit, beats, pace, abc_fields.transposition(said), drums)
            measures = list(pen.read(bars, layer))
            begins = begins or abc_play.starts(measures, sequence)
            common = common or (measures, sequence)
            place = Words("voice {number}", number=number)
            part = abc_play.part(measures, sequence, begins, legible(decoded(taken.title(name))), place)
            parts += [part] if len(part.notes) else []
    if not parts or not common:
        raise Refusal("There are no notes in this ABC tune. Send one that has notes after its K: line.")
    first = (*common, abc_play.starts(*common))
    metres, pickup = abc_play.metres(*first)
    return Song(
        tuple(parts),
        tempo=abc_play.tempo(*first),
        metres=metres,
        keys=abc_play.keys(*first),
        pickup=pickup,
        chords=abc_play.chords(*first),
        markers=abc_play.markers(*first),
        title=legible(decoded(header.get("T", ""))),
        composer=legible(decoded(header.get("C", ""))),
        remarks=_remarks(taken),
        written=True,
    )


def _taken(text: str, tune: int | str | None) -> Tune:
    """The tune of a number, or the first, taken apart. Raises `Refusal` if there is none, or if it is too long."""
    shared, found = tunes(text)
    if tune is not None:
        wanted = str(tune).strip().lstrip("0")
        found = [piece for piece in found if re.search(rf"^[ \t]*X:\s*0*{re.escape(wanted)}\s*(%|$)", piece, re.M)]
        if not found:
            raise Refusal("There is no tune X:{number} in this ABC file.", number=str(tune))
    if len(found[0]) > MAX_CHARACTERS:
        raise Refusal(
            "This ABC tune has {characters} characters; the limit is {limit}. Send a shorter one.",
            characters=len(found[0]),
            limit=MAX_CHARACTERS,
        )
    taken = take_apart(shared[:2_000] + found[0])
    if len(taken.voices) > MAX_VOICES:
        raise Refusal(
            "This ABC tune has {voices} voices; the limit is {limit}. Send fewer.",
            voices=len(taken.voices),
            limit=MAX_VOICES,
        )
    notes = sum(map(letters, taken.voices.values()))
    if notes > MAX_NOTES:
        raise Refusal(
            "This ABC tune has {notes} notes; the limit is {limit}. Send a shorter one.", notes=notes, limit=MAX_NOTES
        )
    return taken


def _remarks(taken: Tune) -> tuple[Words, ...]:
    """A phrase on each thing that was left out."""
    count = taken.words
    return (
        (Words("{count} line of words was left out", "{count} lines of words were left out", count=count),)
        if count
        else ()
    )


def _expanded(taken: Tune, music: str) -> str:
    """Music with its macros expanded; macros for any note (n) are left out."""
    for sign, meaning in list(taken.macros.items())[:MOST_MACROS]:
        if sign and "n" not in sign and len(music) + music.count(sign) * len(meaning) <= 2 * MAX_CHARACTERS:
            music = music.replace(sign, meaning)
    return music
