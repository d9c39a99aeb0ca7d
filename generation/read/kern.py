"""Read **kern (Humdrum): its columns, line by line → the notes and signs of each part in each bar.

Encore follows the columns itself: music21 reads no more than two thousand notes a second, ignores expansion lists and
repeats, and takes an instrument's transposition in the score (*ITr) for one of its sound.
"""

import re
from bisect import insort
from collections import Counter
from dataclasses import dataclass, field, replace
from fractions import Fraction

from generation.music.metre import Metre
from generation.music.song import Song
from generation.read import kern_tokens as tokens
from generation.read import open_score
from generation.read.instruments import drum_named, program_named
from generation.read.musicxml_signs import tempo_again, tempo_words
from generation.read.musicxml_titles import titled
from generation.read.repeats import Bar
from generation.read.score import play
from generation.read.signs import Sign, mark_bars, spoken
from generation.read.written import ZERO, Common, Line, Measure, Score, Signature, Sound

SNARE = 38
LAID_OUT = re.compile(r"!+LO:TX(?::[^:\t]*)*?:t=([^:\t]*)")


def read_kern(data: bytes) -> Song:
    """The parts of a **kern score. Raises `Refusal`."""
    return play(written_kern(data))


def written_kern(data: bytes) -> Score:
    """The score as it is written, a line for each staff. Raises `Refusal`."""
    return _Page().read(open_score.open_kern(data))


@dataclass
class _Spine:
    """The kind of a column, such as “**kern”, and the line to which it belongs. Its `small` notes are cues, and not
    played, unless they are at least half of all."""

    kind: str = ""
    line: Line | None = None
    part: str = ""  # from *part; a part may have several lines
    shift: int = 0  # semitones from the written pitch to the one that sounds
    verse: int = 1
    signature: Signature | None = None
    plain: int = 0  # notes
    small: list[tuple[Measure, Sound]] = field(default_factory=list)


@dataclass
class _Column:
    """A spine, or one of the columns into which it splits. Its last note ends at `end`; `cue`: its notes are small."""

    spine: _Spine
    voice: str = ""
    end: Fraction = ZERO
    cue: bool = False


class _Page:
    """The state while the lines are read. Times are in quarters from the beginning, as written."""

    def __init__(self) -> None:
        self.score = Score(common=[Common()], bars=[Bar()])
        self.columns: list[_Column] = []
        self.spines: list[_Spine] = []
        self.now = self.began = ZERO  # when the next notes begin, and the bar in which they are
        self.signs: list[Sign] = []
        self.votes: dict[int, dict[int, Signature]] = {}  # bar → spine → signature
        self.labels: dict[str, int] = {}  # label of a section → its first bar
        self.expansion: list[str] = []
        self.voices = self.marks = 0  # columns that were split off, signs of loudness
        self.metre: Metre | None = None
        self.struck = ZERO  # when the last notes began
        self.loud: dict[int, list[Line]] = {}  # spine of dynamics → the lines to which it applies

    def read(self, lines: list[str]) -> Score:
        for line in lines:
            if line.startswith("!!!"):
                self.take_record(line)
            elif line.startswith("!"):
                for found in LAID_OUT.finditer(line):
                    self.take_words(tokens.plain(found[1]))
            elif line.startswith("**") and not self.columns and self.spines:
                break  # a second piece
            elif line.startswith("*"):
                self.take_interpretations(line.split("\t"))
            elif line.startswith("="):
                self.take_barline(line)
            elif line.strip():
                self.take_data(line.split("\t"))
        return self.finished()

    @property
    def at(self) -> Fraction:
        """Quarters from the beginning of the bar."""
        return self.now - self.began

    def take_record(self, line: str) -> None:
        found = re.match(r"!!!(OTL|OMD|COM)(@\w+|@@\w+)?\s*:\s*(.+)", line)
        text = tokens.plain(found[3]) if found else ""
        if not found or not text:
            return
        if found[1] == "OTL":
            self.score.title = self.score.title or titled(text)
        elif found[1] == "OMD":
            self.take_words(text)
        elif not self.score.composer:
            last, _, first = text.partition(",")
            self.score.composer = f"{first.strip()} {last.strip()}".strip()

    def take_words(self, words: str) -> None:
        """Words above the music: a jump, or a tempo."""
        here = len(self.score.bars) - 1
        if said := spoken(words):
            self.signs.append(Sign(here, self.at, *said))
            return
        pace, worded, mild = tempo_words(words)
        if pace := pace or worded or (mild if here < 2 else None) or tempo_again(words, self.score.common):
            self.score.common[-1].tempo.setdefault(self.at, pace)

    def take_interpretations(self, fields: list[str]) -> None:
        if not self.columns:
            self.columns = [_Column(_Spine()) for _ in fields]
        columns = self.columns
        for i, (column, text) in enumerate(zip(columns, fields, strict=False)):
            if text.startswith("**"):
                column.spine = self.begun(text, [each.spine for each in columns[:i]])
            elif len(text) > 1:
                self.take_interpretation(column, text)
        exchanged = [i for i, text in enumerate(fields[: len(columns)]) if text == "*x"]
        for i, j in zip(exchanged[::2], exchanged[1::2], strict=False):
            columns[i], columns[j] = columns[j], columns[i]
        after: list[_Column] = []
        joining: _Column | None = None
        for column, text in zip(columns, [*fields, *["*"] * len(columns)], strict=False):
            if text == "*v" and joining is not None and joining.spine is column.spine:
                joining.end = max(joining.end, column.end)
                continue
            joining = column if text == "*v" else None
            if text == "*-":
                continue
            after.append(column)
            if text == "*^":
                self.voices += 1
                after.append(_Column(column.spine, f"{self.voices}", column.end))
            elif text == "*+":
                after.append(_Column(_Spine()))
        if len(after) > open_score.MAX_SPINES:
            raise open_score.too_many_spines(len(after))
        self.columns = after

    def begun(self, kind: str, before: list[_Spine]) -> _Spine:
        """A new spine, to the right of those `before`. One that is not **kern belongs to the nearest **kern on its
        left."""
        spine = _Spine(kind)
        if kind == "**kern":
            spine.line = Line(0, measures=[Measure() for _ in self.score.bars])
            for each in before:
                each.line = each.line or spine.line
        else:
            spine.line = next((each.line for each in reversed(before) if each.kind == "**kern"), None)
            spine.verse = 1 + sum(each.kind == kind and each.line is spine.line for each in before)
        self.spines, self.loud = [*self.spines, spine], {}
        if len(self.spines) > 4 * open_score.MAX_SPINES:
            raise open_score.too_many_spines(len(self.spines))
        return spine

    def take_interpretation(self, column: _Column, text: str) -> None:
        spine, common = column.spine, self.score.common[-1]
        if said := tokens.signature(text, spine.signature):
            spine.signature = said
            if spine.kind == "**kern":
                self.votes.setdefault(len(self.score.bars) - 1, {})[id(spine)] = said
        elif metre := tokens.metre(text):
            common.metre = self.metre = metre
        elif pace := tokens.pace(text):
            common.tempo[self.at] = pace
        elif text.startswith("*MM["):
            self.take_words(text[4:].rstrip("]"))
        elif text.startswith('*I"') and spine.line:
            spine.line.name = spine.line.name or tokens.part_name(text[3:].lstrip('"'))
        elif text.startswith("*I") and text[2:3].islower() and spine.kind == "**kern" and spine.line:
            spine.line.program = tokens.CODES.get(text[2:7], spine.line.program)
        elif found := re.fullmatch(r"\*Trd-?\d+c(-?\d{1,2})", text):
            spine.shift = -int(found[1])
        elif text in ("*cue", "*Xcue"):
            column.cue = text == "*cue"
        elif text in ("*ped", "*Xped", "*ped*") and spine.line:
            spine.line.measures[-1].pedal.append((self.at, 127 if text == "*ped" else 0))
        elif text == "*clefX" and spine.kind == "**kern" and spine.line:
            spine.line.drums = True
        elif text.startswith("*part"):
            spine.part, self.loud = text[5:], {}
        elif text.startswith("*>["):
            self.expansion = self.expansion or re.findall(r"[^,\s\[\]]+", text[2:])[: open_score.MAX_BARS]
        elif found := re.fullmatch(r"\*>([^\[\]]+)", text):
            if self.at:
                self.next_bar()
            self.labels.setdefault(found[1], len(self.score.bars) - 1)

    def take_barline(self, line: str) -> None:
        sign = re.sub(r"[\w.=-]", "", next((text for text in line.split("\t") if text[:1] == "="), ""))
        if self.at:
            self.next_bar()
        bars = self.score.bars
        if re.search(r":[|!]", sign) and len(bars) > 1:
            bars[-2].repeats = 1
        if re.search(r"[|!]:", sign):
            bars[-1].opens = True

    def next_bar(self) -> None:
        if len(self.score.bars) > open_score.MAX_BARS:
            raise open_score.too_many_bars(len(self.score.bars), open_score.MAX_BARS)
        # A note may last beyond the bar line; where it sounds alone, the metre says where the bar line is.
        usual = Fraction(4 * self.metre[0], self.metre[1]) if self.metre else self.at
        length = usual if self.at > usual > self.struck - self.began else self.at
        self.score.common[-1].length = length
        self.began += length
        self.score.common.append(Common())
        self.score.bars.append(Bar())
        for spine in self.spines:
            if spine.kind == "**kern" and spine.line:
                spine.line.measures.append(Measure())

    def take_data(self, fields: list[str]) -> None:
        struck: dict[int, Sound] = {}  # line → the first note of this row
        moved = False
        for column, text in zip(self.columns, fields, strict=False):
            spine = column.spine
            if text in (".", "") or spine.line is None:
                continue
            measure = spine.line.measures[-1]
            if spine.kind == "**kern":
                if (found := tokens.field(text)) is None:
                    continue
                column.end, self.struck, moved = self.now + found.length, self.now, True
                for tone in found.tones:
                    drum = (drum_named(spine.line.name) or SNARE) if spine.line.drums else None
                    pitch = tone.pitch + spine.shift if drum is None else drum
                    sound = Sound(self.at, found.length, pitch, tone.ties, tone.tied, column.voice)
                    if column.cue:
                        spine.small.append((measure, sound))
                        continue
                    spine.plain += 1
                    measure.sounds.append(sound)
                    struck.setdefault(id(spine.line), sound)
            elif spine.kind == "**dynam":
                for line in self.lines_of(spine):
                    line.measures[-1].loudness += tokens.loudness(text, self.at)
                    self.marks += 1
            elif spine.kind in ("**text", "**silbe") and id(spine.line) in struck:
                if words := tokens.syllable(text):
                    struck[id(spine.line)].words[spine.verse] = words
            elif symbol := tokens.chord(text, spine.kind, self.signature()):
                self.score.common[-1].chords.setdefault(self.at, symbol)
        if self.marks > open_score.MAX_MARKS:
            raise open_score.too_many_marks(self.marks)
        if moved:
            ends = (column.end for column in self.columns if column.spine.kind == "**kern" and column.end > self.now)
            self.now = min(ends, default=self.now)

    def signature(self) -> Signature | None:
        """The signature of the first line that has one."""
        return next((spine.signature for spine in self.spines if spine.kind == "**kern" and spine.signature), None)

    def lines_of(self, spine: _Spine) -> list[Line]:
        """The lines to which a spine of dynamics applies: all those of its part, or else the one beside it."""
        if id(spine) not in self.loud:
            alike = [each for each in self.spines if each.part == spine.part] if spine.part else []
            lines = [each.line for each in alike if each.kind == "**kern" and each.line]
            self.loud[id(spine)] = lines or ([spine.line] if spine.line else [])
        return self.loud[id(spine)]

    def finished(self) -> Score:
        """The finished score, with its lines from the top down, as on the page."""
        score = self.score
        score.common[-1].length = self.at
        for spine in self.spines:
            for measure, sound in spine.small if 0 < spine.plain <= len(spine.small) else ():
                insort(measure.sounds, sound, key=lambda each: each.at)
        for i, votes in self.votes.items():
            score.common[i].signature = Counter(votes.values()).most_common(1)[0][0]
        staves = [(spine.part, spine.line) for spine in reversed(self.spines) if spine.kind == "**kern" and spine.line]
        named = {part: line for part, line in staves if part and line.name}
        for number, (part, line) in enumerate(staves, 1):
            other = named.get(part, line)  # only one hand of a pianist may be named
            line.number, line.name = number, line.name or other.name
            line.program = next((n for n in (line.program, other.program) if n is not None), program_named(line.name))
        score.lines = [line for _, line in staves]
        while len(score.bars) > 1 and not score.common[-1].length:
            score.bars.pop()
            score.common.pop()
        mark_bars(score, [replace(sign, bar=min(sign.bar, len(score.bars) - 1)) for sign in self.signs])
        score.order = tokens.expanded(self.expansion, self.labels, len(score.bars))
        return score
