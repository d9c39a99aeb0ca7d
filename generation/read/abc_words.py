"""ABC words: the syllables of w: → the notes that they are sung to."""

import re
from dataclasses import dataclass, field

from generation.read.abc_text import decoded
from generation.read.repeats import Bar

SYLLABLE = re.compile(r"[^\s*_|-]+-?|[*_|-]")

Item = tuple[str, str]  # (kind of piece or letter of a field, its text)


@dataclass
class Lyrics:
    """Lays the syllables of w: under the notes of the line before.

    notes  the notes of the line that is being read: (bar, index in its items)
    line   those of the line before; told  the syllables sung to some of them: (bar, index, verse, syllable)
    """

    notes: list[tuple[Bar[Item], int]] = field(default_factory=list)
    line: list[tuple[Bar[Item], int]] = field(default_factory=list)
    told: list[tuple[Bar[Item], int, int, str]] = field(default_factory=list)
    verse: int = 0
    next: int = 0  # index in `line` of the note to which the next syllable is sung

    def end_line(self) -> None:
        if self.notes:
            self.line, self.notes, self.verse = self.notes, [], 0

    def add(self, text: str, goes_on: bool) -> None:
        """Lay a verse, or more of one: `*` passes a note over, `_` and `--` hold, `|` goes on to the next bar."""
        if not goes_on:
            self.verse, self.next = self.verse + 1, 0
        line = self.line
        bar = line[self.next][0] if self.next < len(line) else None
        for syllable in SYLLABLE.findall(text.replace("\\-", "\u2011")):
            if syllable == "|":
                while self.next < len(line) and line[self.next][0] is bar:
                    self.next += 1
                bar = line[self.next][0] if self.next < len(line) else None
            elif self.next < len(line):
                if syllable not in ("*", "_", "-"):
                    word = decoded(syllable.replace("~", " ")).replace("\u2011", "-")
                    self.told.append((*line[self.next], self.verse, word))
                self.next += 1

    def write(self) -> None:
        """Put the syllables before their notes."""
        for bar, i, verse, syllable in sorted(self.told, key=lambda told: (-told[1], -told[2])):
            bar.items.insert(i, ("verse", f"{verse} {syllable}"))
