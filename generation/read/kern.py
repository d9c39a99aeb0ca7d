"""Read a score that music21 has opened: its parts as played, repeats and all, on one clock."""

import contextlib
import io
import re
import warnings
from collections.abc import Iterator
from fractions import Fraction

import numpy as np
from music21 import bar, chord, converter, dynamics, harmony, key, meter, note, repeat, spanner, stream, tempo

from generation.music.clock import Tempo
from generation.music.key import MODES, Key, find_key
from generation.music.notes import Notes
from generation.music.song import Part, Song, legible
from generation.read.abc_fields import usual_tempo
from generation.read.encoding import text_of
from generation.read.repeats import Bar, Jump, played
from generation.request import Refusal, Words

VELOCITY = 80  # where no dynamics are written
DYNAMICS = {"ppp": 28, "pp": 40, "p": 54, "mp": 67, "mf": 80, "f": 96, "ff": 111, "fff": 122}

# (offset in the bar, length in quarters, MIDI pitches and whether each is tied on, velocity, syllable)
Sound = tuple[Fraction, Fraction, tuple[tuple[int, bool], ...], int, str]


def read_kern(data: bytes) -> Song:
    """The parts of a **kern score. Raises `Refusal`."""
    return read_score(open_kern(data))


def read_score(score: stream.Score) -> Song:
    """Onsets and durations are those of the score, velocities those of its dynamics; grace notes are left out."""
    parts = [list(part.getElementsByClass(stream.Measure)) for part in score.parts]
    count = max(map(len, parts), default=0)
    if not count:
        raise Refusal("There are no bars in this score. Send one with notes.")
    lengths = [max(Fraction(bars[i].highestTime) for bars in parts if i < len(bars)) for i in range(count)]
    order = played(_marks(score, max(parts, key=len)))
    starts = [Fraction(0)]
    for i in order:
        starts.append(starts[-1] + lengths[i])
    metre = _metre(parts)
    found: list[Part] = []
    for number, (part, bars) in enumerate(zip(score.parts, parts, strict=True), 1):
        instrument = part.getInstrument(returnDefault=False)
        program = instrument.midiProgram if instrument else None
        written = list(_sounds(bars))
        sequence = [(start, written[i]) for start, i in zip(starts, order, strict=False) if i < len(written)]
        name = legible(str(part.partName or ""))
        notes, words = _performed(sequence)
        drums = bool(part[note.Unpitched]) and not part[note.Note]
        if len(notes) or drums:
            found.append(Part(notes, program, name, Words("part {number}", number=number), drums=drums, words=words))
    said = _key(score, [part.notes for part in found])
    titles = score.metadata
    bar_length = Fraction(metre[0] * 4, metre[1]) if metre else Fraction(0)
    return Song(
        parts=tuple(found),
        tempo=_tempo(parts, starts, order, metre),
        metres=((0.0, metre),) if metre else (),
        keys=((0.0, said),) if said else (),
        pickup=float(lengths[0]) if 0 < lengths[0] < bar_length else 0.0,
        title=legible(str(titles.movementName or titles.bestTitle or "")) if titles else "",
    )


def _marks(score: stream.Score, bars: list[stream.Measure]) -> list[Bar[None]]:
    """What the bar lines, endings and words of the score say about repeats."""
    marks: list[Bar[None]] = [Bar() for _ in bars]
    index = {id(measure): i for i, measure in enumerate(bars)}
    for mark, measure in zip(marks, bars, strict=True):
        for line in (measure.leftBarline, measure.rightBarline):
            if isinstance(line, bar.Repeat) and line.direction == "start":
                mark.opens = True
            elif isinstance(line, bar.Repeat):
                mark.repeats = min(max(int(line.times or 2) - 1, 1), 4)
        mark.fine = bool(measure[repeat.Fine])
        if measure[repeat.DaCapo] or measure[repeat.DaCapoAlFine]:
            mark.jump = Jump()
    for bracket in score[spanner.RepeatBracket]:
        spanned = [index[id(measure)] for measure in bracket.spannerStorage if id(measure) in index]
        if spanned:
            marks[spanned[0]].endings = frozenset(number for number in bracket.numberRange if 1 <= number <= 16)
            marks[spanned[-1]].closes = True
    return marks


def _sounds(bars: list[stream.Measure]) -> Iterator[list[Sound]]:
    """The sounds of each written bar. A loudness lasts until the next one."""
    velocity = VELOCITY
    for measure in bars:
        sounds: list[Sound] = []
        for element in measure.flatten():
            if isinstance(element, dynamics.Dynamic):
                velocity = DYNAMICS.get(element.value or "", velocity)
            elif isinstance(element, harmony.Harmony) or not isinstance(element, note.Note | chord.Chord):
                continue
            elif (
                not element.duration.isGrace
                and getattr(element.style, "noteSize", None) != "cue"
                and element.quarterLength > 0
            ):
                tones = element.notes if isinstance(element, chord.Chord) else (element,)
                pitches = tuple(
                    (round(tone.pitch.ps), tone.tie is not None and tone.tie.type in ("start", "continue"))
                    for tone in tones
                )
                offset, length = Fraction(element.offset), Fraction(element.quarterLength)
                sounds.append((offset, length, pitches, velocity, legible(element.lyric or "")))
        yield sounds


def _performed(sequence: list[tuple[Fraction, list[Sound]]]) -> tuple[Notes, tuple[tuple[float, str], ...]]:
    """Bars in the order of playing → notes, ties merged, and the (quarter, syllable) of what is sung."""
    notes: list[tuple[Fraction, Fraction, int, int]] = []
    tied: dict[int, int] = {}  # pitch → index of a note that a tie goes on from
    words: list[tuple[float, str]] = []
    for start, sounds in sequence:
        for offset, length, pitches, velocity, sung in sounds:
            if sung:
                words.append((float(start + offset), sung))
            for pitch, ties in pitches:
                index = tied.pop(pitch, None)
                if index is not None and notes[index][0] + notes[index][1] == start + offset:
                    notes[index] = (notes[index][0], notes[index][1] + length, pitch, notes[index][3])
                elif 0 <= pitch <= 127:
                    index = len(notes)
                    notes.append((start + offset, length, pitch, velocity))
                if ties and index is not None:
                    tied[pitch] = index
    notes.sort(key=lambda note: (note[0], note[2]))
    line = Notes(
        np.array([float(onset) for onset, _, _, _ in notes], np.float64),
        np.array([float(duration) for _, duration, _, _ in notes], np.float64),
        np.array([pitch for _, _, pitch, _ in notes], np.int64),
        np.array([velocity for _, _, _, velocity in notes], np.int64),
    )
    return line, tuple(sorted(words, key=lambda word: word[0]))


def _tempo(
    parts: list[list[stream.Measure]], starts: list[Fraction], order: list[int], metre: tuple[int, int] | None
) -> tuple[Tempo, ...]:
    """The metronome marks of all parts, in the order of playing."""
    written: dict[int, dict[Fraction, float]] = {}
    for bars in parts:
        for i, measure in enumerate(bars):
            for mark in measure[tempo.MetronomeMark]:
                pace = mark.getQuarterBPM()
                if pace and 10 <= pace <= 600:
                    written.setdefault(i, {})[Fraction(mark.getOffsetInHierarchy(measure))] = float(pace)
    marks = {0.0: usual_tempo("", metre)}
    for start, i in zip(starts, order, strict=False):
        marks |= {float(start + offset): pace for offset, pace in written.get(i, {}).items()}
    return tuple(Tempo(onset, marks[onset]) for onset in sorted(marks))


def _metre(parts: list[list[stream.Measure]]) -> tuple[int, int] | None:
    """The metre that reigns in most bars."""
    bars: dict[tuple[int, int], int] = {}
    now = None
    for measure in max(parts, key=len):
        for mark in measure[meter.TimeSignature]:
            now = (int(mark.numerator), int(mark.denominator))
        if now:
            bars[now] = bars.get(now, 0) + 1
    return max(bars, key=lambda metre: bars[metre]) if bars else None


def _key(score: stream.Score, parts: list[Notes]) -> Key | None:
    """The first key; where a signature does not say its mode, the notes do."""
    said = score.recurse().getElementsByClass(key.Key).first()
    signature = score.recurse().getElementsByClass(key.KeySignature).first()
    if said is None and signature is not None:
        modes = {mode: signature.asKey(mode) for mode in ("major", "minor")}
        pitch = np.concatenate([part.pitch for part in parts]) if parts else np.zeros(0, np.int64)
        heard = find_key(pitch, np.ones(len(pitch))) if len(pitch) else None
        minor = heard is not None and heard.pitch_class == modes["minor"].tonic.pitchClass and heard.mode == "minor"
        said = modes["minor" if minor else "major"]
    if said is None or said.mode not in MODES:
        return None
    return Key(said.tonic.name.replace("-", "b"), said.mode)


MAX_KERN_BYTES, MAX_NOTES, MAX_SPINES = 500_000, 10_000, 64


def open_kern(data: bytes) -> stream.Score:
    """Parse **kern (Humdrum). Raises `Refusal`."""
    if len(data) > MAX_KERN_BYTES:
        raise Refusal(
            "This **kern file has {bytes} bytes; the limit is {limit}. Send a shorter piece.",
            bytes=len(data),
            limit=MAX_KERN_BYTES,
        )
    text = text_of(data).replace("\r\n", "\n")
    notes = sum(len(re.findall(r"[A-Ga-g]+", line)) for line in text.split("\n") if line[:1] not in "!*=")
    spines = max(line.count("\t") + 1 for line in text.split("\n"))
    if notes > MAX_NOTES:
        raise Refusal(
            "This **kern file has {notes} notes; the limit is {limit}. Send a shorter piece.",
            notes=notes,
            limit=MAX_NOTES,
        )
    if spines > MAX_SPINES:
        raise Refusal(
            "This **kern file has {spines} spines; the limit is {limit}. Send a simpler one.",
            spines=spines,
            limit=MAX_SPINES,
        )
    return _parse(text, "humdrum")


def _parse(text: str, kind: str) -> stream.Score:
    # What music21 says on the way is about wedges and such, of which we make no use.
    with warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()):
        warnings.simplefilter("ignore")
        # The format is named: otherwise music21 takes a text for the path of a file or a URL.
        score = converter.parseData(text, format=kind)
    if not isinstance(score, stream.Score):
        found = list(score.scores) if isinstance(score, stream.Opus) else []
        if not found:
            raise Refusal("There is no music in this score. Send one with notes.")
        score = found[0]
    score.toSoundingPitch(inPlace=True)
    return score
