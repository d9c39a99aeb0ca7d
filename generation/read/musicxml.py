"""Read MusicXML: the tree of a score → the notes and signs of each part in each bar, at their exact positions.

Encore reads the notes itself: music21 takes half a second for a thousand of them, makes a bar as long as the rest that
fills it, stumbles over Finale's empty `<forward>`, transposes by the name of an instrument, and gives up at quarter
tones and at keys that are not traditional.
"""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from xml.etree.ElementTree import Element

from generation.music.key import PITCH_CLASS
from generation.music.metre import Metre, bar_length
from generation.music.song import Song, legible
from generation.read.musicxml_barlines import take_barline
from generation.read.musicxml_parts import Instrument, instruments, without_tablature
from generation.read.musicxml_signs import UNITS, chord_symbol, direction, metre_of, number, signature_of, tempo_again
from generation.read.musicxml_titles import composer, title
from generation.read.open_score import open_musicxml, open_mxl
from generation.read.repeats import Bar
from generation.read.score import play
from generation.read.signs import Sign, mark_bars
from generation.read.written import ZERO, Common, Line, Measure, Score, Signature, Sound, column, filled_bar
from generation.request import Words

Votes = dict[int, Counter[Signature]]


def read_musicxml(data: bytes) -> Song:
    """The parts of a MusicXML score. Raises `Refusal`."""
    return play(read_tree(*open_musicxml(data)))


def read_mxl(data: bytes) -> Song:
    """The parts of a compressed MusicXML score. Raises `Refusal`."""
    return play(read_tree(*open_mxl(data)))


def read_tree(root: Element, mended: Sequence[Words] = ()) -> Score:
    """The score in a `<score-partwise>`; `mended` goes into its remarks."""
    parts = [part.findall("measure") for part in root.findall("part")]
    count = max(map(len, parts), default=0)
    score = Score(
        [],
        [Common() for _ in range(count)],
        [Bar() for _ in range(count)],
        title=title(root),
        composer=composer(root),
        remarks=list(mended),
    )
    known = instruments(root)
    metres: dict[int, Metre | None] = {}
    votes: Votes = defaultdict(Counter)
    signs: list[Sign] = []
    tabs: list[tuple[Line, Line]] = []
    pickups = {0} | {i for part in parts for i, measure in enumerate(part) if measure.get("implicit") == "yes"}
    rounded = 0
    for place, (part, measures) in enumerate(zip(root.findall("part"), parts, strict=True), 1):
        hand = _Hand(score, signs, known.get(part.get("id", ""), Instrument()), place)
        for i, measure in enumerate(measures):
            hand.take_bar(i, measure)
        metres = hand.metres | metres
        for i, signature in hand.signatures.items():
            votes[i][signature] += 1 if hand.tones.transpose[1] % 12 else 2
        score.lines += [hand.tones, hand.drums]
        tabs.append((hand.tab, hand.tones))
        rounded += hand.rounded
    without_tablature(score.lines, tabs)
    numbers = [measure.get("number", "") for measure in max(parts, key=len, default=[])]
    score.movements = [i for i in range(1, count) if i - 1 in score.doubles and numbers[i] in ("0", "1")]
    _share(score, metres, votes, pickups)
    mark_bars(score, signs)
    if any(common.signature and common.signature.odd for common in score.common):
        score.remarks.append(Words("the key was found by ear, since its signature is not one of the usual ones"))
    if rounded:
        score.remarks.append(Words("pitches between the semitones were moved to the nearest semitone"))
    return score


def _share(score: Score, metres: dict[int, Metre | None], votes: Votes, pickups: set[int]) -> None:
    """Settle for all parts the length and metre of each bar, and the signature that most parts have."""
    metre: Metre | None = None
    voices = max((sum(counted.values()) for counted in votes.values()), default=0)
    for i, common in enumerate(score.common):
        if i in metres:
            metre = common.metre = metres[i]
        common.length = filled_bar(column(score.lines, i), metre, i in pickups)
        if votes[i] and 2 * sum(votes[i].values()) >= voices:
            common.signature = max(votes[i], key=lambda signature: votes[i][signature])


class _Hand:
    """Follows one part through its bars, as a hand does the page."""

    def __init__(self, score: Score, signs: list[Sign], instrument: Instrument, number: int) -> None:
        self.score = score
        self.signs = signs
        self.instrument = instrument
        said = (instrument.program, instrument.volume, instrument.pan)
        self.tones = Line(number, instrument.name, program=said[0], volume=said[1], pan=said[2])
        self.drums = Line(number, instrument.name, drums=True, volume=said[1], pan=said[2])
        self.tab = Line(number, instrument.name, program=said[0])
        self.clefs: dict[str, str] = {}  # staff → the sign of its clef
        self.metres: dict[int, Metre | None] = {}
        self.signatures: dict[int, Signature] = {}
        self.rounded = 0  # number of notes that lay between the semitones
        self.divisions = Fraction(1)  # of a quarter, in which durations are counted
        self.i = 0
        self.now = self.last = ZERO
        self.usual = Fraction(4)  # quarters of a bar in this metre
        self.pattern = 0  # bars that the sign for “the same again” repeats; 0 where there is none
        self.measure = Measure()
        self.ends: dict[str, Fraction] = {}  # voice → where its notes and rests end in this bar
        self.sung: set[str] = set()  # the voices that do more than rest
        self.voice = ""  # the voice that goes on; empty after a backup
        self.symbols: list[str] = []  # chord symbols that stand over the next note

    def take_bar(self, i: int, measure: Element) -> None:
        self.i, self.now, self.last = i, ZERO, ZERO
        self.measure, beaten, tabbed = Measure(), Measure(), Measure()
        self.ends, self.sung, self.voice, self.symbols = {}, set(), "", []
        beaten.loudness = tabbed.loudness = self.measure.loudness
        for line, empty in ((self.tones, self.measure), (self.drums, beaten), (self.tab, tabbed)):
            line.measures.append(empty)
        for element in measure:
            if (take := TAKES.get(element.tag)) is not None:
                take(self, element)
        if self.pattern and i >= self.pattern and not (self.measure.sounds or beaten.sounds):
            for line in (self.tones, self.drums, self.tab):
                line.measures[i] = line.measures[i - self.pattern]
        for each in (self.measure, beaten, tabbed):
            each.sounds.sort(key=lambda sound: sound.at)
        self.measure.filled = max(self.ends.values(), default=ZERO)
        self.measure.sung = max((self.ends[voice] for voice in self.sung), default=ZERO)

    def take_attributes(self, element: Element) -> None:
        self.divisions = max(number(element.findtext("divisions")) or self.divisions, Fraction(1, 16))
        for clef in element.findall("clef"):
            self.clefs[clef.get("number", "1")] = (clef.findtext("sign") or "").strip()
        if (transpose := element.find("transpose")) is not None:
            octaves, semitones, steps = (
                int(number(transpose.findtext(name)) or 0) for name in ("octave-change", "chromatic", "diatonic")
            )
            steps = steps or round(semitones * 7 / 12)
            if max(abs(octaves), abs(semitones) // 12, abs(steps) // 7) <= 4:
                self.tones.transpose = self.tab.transpose = (steps + 7 * octaves, semitones + 12 * octaves)
        if (key := element.find("key")) is not None:
            self.signatures[self.i] = signature_of(key, self.tones.transpose)
        if (again := element.find("measure-style/measure-repeat")) is not None:
            self.pattern = min(int(number(again.text) or 1), 8) if again.get("type") == "start" else 0
        if (time := element.find("time")) is not None:
            self.metres[self.i] = metre = metre_of(time)
            self.usual = bar_length(metre) if metre else Fraction(1_000)

    def take_note(self, element: Element) -> None:
        found: dict[str, Element] = {}
        ties, tied, words = False, False, dict[int, str]()
        for child in element:
            if child.tag == "tie":
                ties |= child.get("type") == "start"
                tied |= child.get("type") == "stop"
            elif child.tag == "lyric":
                words |= _syllable(child)
            else:
                found[child.tag] = child
        if "grace" in found:
            return
        length = self.quarters(element)
        at = self.last if "chord" in found else self.now
        if "chord" not in found:
            self.last, self.now = self.now, self.now + length
            self.share_symbols(at, length)
        if "rest" in found and found["rest"].get("measure") == "yes":
            self.measure.rests = max(self.measure.rests, length)
            return
        voice = self.voice = f"{_text(found.get('staff')) or '1'} {_text(found.get('voice'))}"
        self.ends[voice] = max(self.ends.get(voice, ZERO), at + length)
        if length <= 0 or "rest" in found or "cue" in found or _text(found.get("notehead")) == "slash":
            return
        self.sung.add(voice)
        clef, height = self.clefs.get(voice.split(" ")[0], ""), self.height(found.get("pitch"))
        if "unpitched" in found or (clef == "percussion" and height is not None):
            where, prefix = (found["unpitched"], "display-") if "unpitched" in found else (found["pitch"], "")
            place = "".join(_text(where.find(prefix + name)) for name in ("step", "octave"))
            played = found["instrument"].get("id", "") if "instrument" in found else ""
            drum = self.instrument.drum(played, place, height)
            self.drums.measures[-1].sounds.append(Sound(at, length, drum, ties, tied, voice, words))
        elif height is not None:
            line = self.tab if clef == "TAB" else self.tones
            line.measures[-1].sounds.append(Sound(at, length, height, ties, tied, voice, words))

    def height(self, pitch: Element | None) -> int | None:
        """The MIDI note of a `<pitch>`, the nearest one where it lies between two."""
        if pitch is None:
            return None
        step, octave = (pitch.findtext("step") or "").strip().upper(), number(pitch.findtext("octave"))
        alter = number(pitch.findtext("alter")) or Fraction(0)
        if step not in PITCH_CLASS or octave is None:
            return None
        self.rounded += alter.denominator != 1
        # Of two that are equally near, the one without an accidental.
        whole = math.ceil(abs(alter) - Fraction(1, 2)) * (1 if alter > 0 else -1)
        return 12 * (int(octave) + 1) + PITCH_CLASS[step] + whole + self.tones.transpose[1]

    def quarters(self, element: Element) -> Fraction:
        """The duration in quarters of a note, a rest, a backup or a forward."""
        duration = number(element.findtext("duration"))
        if duration is not None:
            return duration / self.divisions
        if element.tag != "note":
            return ZERO
        length = UNITS.get((element.findtext("type") or "").strip(), ZERO)
        length *= 2 - Fraction(1, 2 ** min(len(element.findall("dot")), 4))
        actual = number(element.findtext("time-modification/actual-notes"))
        normal = number(element.findtext("time-modification/normal-notes"))
        return length * normal / actual if actual and normal else length

    def take_backup(self, element: Element) -> None:
        self.now, self.voice = max(ZERO, self.now - self.quarters(element)), ""
        self.symbols = []

    def take_forward(self, element: Element) -> None:
        self.share_symbols(self.now, self.quarters(element))
        self.now += self.quarters(element)
        self.ends[self.voice] = max(self.ends.get(self.voice, ZERO), min(self.now, self.usual))

    def take_direction(self, element: Element) -> None:
        at = self.now
        offset = element.find("offset")
        if offset is not None and offset.get("sound") == "yes":
            at = max(ZERO, at + (number(offset.text) or ZERO) / self.divisions)
        found, common = direction(element), self.score.common[self.i]
        if found.pace:
            common.tempo[at] = found.pace
        elif again := tempo_again(found.words, self.score.common[: self.i + 1]):
            common.tempo.setdefault(at, again)
        elif worded := found.worded or (found.mild if self.i < 2 else None):
            common.tempo.setdefault(at, worded)
        if found.marker:
            common.markers.setdefault(at, found.marker)
        self.measure.loudness += [replace(mark, at=at) for mark in found.loudness]
        self.measure.pedal += [(at, value) for value in found.pedal]
        self.signs += [Sign(self.i, at, kind, al) for kind, al in found.signs]

    def take_harmony(self, element: Element) -> None:
        offset = element.find("offset")
        at = max(ZERO, self.now + (number(element.findtext("offset")) or ZERO) / self.divisions)
        if symbol := chord_symbol(element, self.tones.transpose):
            self.score.common[self.i].chords.setdefault(at, symbol)
            if offset is None and self.symbols[-1:] != [symbol]:
                self.symbols.append(symbol)

    def share_symbols(self, at: Fraction, length: Fraction) -> None:
        """Several chord symbols over one note, without offsets, share its time."""
        for i, symbol in enumerate(self.symbols[1:], 1):
            self.score.common[self.i].chords.setdefault(at + length * i / len(self.symbols), symbol)
        self.symbols = []

    def take_barline(self, element: Element) -> None:
        take_barline(self.score, self.i, element, self.signs)


TAKES: dict[str, Callable[[_Hand, Element], None]] = {
    "attributes": _Hand.take_attributes,
    "note": _Hand.take_note,
    "backup": _Hand.take_backup,
    "forward": _Hand.take_forward,
    "direction": _Hand.take_direction,
    "sound": _Hand.take_direction,
    "harmony": _Hand.take_harmony,
    "barline": _Hand.take_barline,
}


def _text(element: Element | None) -> str:
    return (element.text or "").strip() if element is not None else ""


def _syllable(lyric: Element) -> dict[int, str]:
    """Verse → syllable, with a hyphen after it where the word goes on."""
    words = legible("".join(each.text or "" for each in lyric if each.tag in ("text", "elision")))
    verse = re.search(r"\d{1,2}", lyric.get("number", "1"))
    goes_on = (lyric.findtext("syllabic") or "").strip() in ("begin", "middle")
    return {int(verse[0]) if verse else 1: words + "-" * goes_on} if words else {}
