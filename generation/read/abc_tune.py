"""ABC text: the tunes of a file, and of each tune its header and the music of its voices."""

import html
import quopri
import re
from collections import defaultdict
from dataclasses import dataclass, field

# “A:|” is a note before a repeat, not a field about the area.
FIELD = re.compile(r"\s*(?:([XTMLQPKRSOHINUVmrw+sW])|([ABCDFGZ])(?!:[|:])):(.*)")
NOTE, INLINE = re.compile(r"[A-Ga-g]"), re.compile(r"\[[A-Za-z+]:[^\]\n]*\]")
# What is not music between its lines: blocks of text or of other languages, and what mail and web pages add.
DIRECTIVE = re.compile(r"\s*(?:%%|I:)\s*MIDI\b[ =]*(.*)")
BLOCK = re.compile(r"^%%\s*begin(\w+)\b.*?(?:^%%\s*end\1\b[^\n]*|\Z)", re.MULTILINE | re.DOTALL)
PAGE = re.compile(r"</\w+\s*>|<br\s*/?>|<pre\b|&(?:lt|gt|nbsp|quot);", re.IGNORECASE)
TAG = re.compile(
    r"</?(?:pre|p|br|html|head|body|title|meta|link|div|span|font|hr|h\d|table|tr|td|th|tt|code|center|ul|li"
    r"|textarea|blockquote|script|style)(?:\s[^<>]*)?/?>|</?[abiu]>|<a\s+(?:href|name)=[^<>]*>",
    re.IGNORECASE | re.DOTALL,
)
ENCODED = re.compile(r"^Content-Transfer-Encoding:\s*quoted-printable", re.MULTILINE | re.IGNORECASE)
QUOTED = re.compile(r"^(?:>[ \t]?)+", re.MULTILINE)
UNCLOSED = re.compile(r'"(?:[A-G][#b]?(?:m|maj|min|dim|sus|\d)*(?![a-z])|[^\s|]*)')
MAIL = re.compile(r"\s*(?:[A-Z][a-z]{2,}|[A-Z][A-Za-z]*-[A-Za-z-]+):[ \t]+[^\s|:]")
WORDLESS = re.compile(r'"[^"\n]*"|![^!\n]*!|\+[a-z.]+\+|\[[A-Za-z]:[^\]\n]*\]|\{[^{}\n]*\}')
STRANGE = re.compile(r"[h-tw]", re.ASCII)  # small letters that are neither notes nor rests nor, as a rule, ornaments
LETTER = re.compile(r"[A-Za-zÀ-ÿ]")
PROSE = 0.12  # the least share of these among the letters of a line of words; music has fewer


@dataclass
class Tune:
    """A tune taken apart, but not yet read.

    header   what its fields say before the music: the first of each letter, the last of K:, L:, M: and Q:
    voices   the music of each voice by its name in V:, "" where there is none; fields between lines as “[K:G]”,
             the words of w: below their line as “[w:…]”, directives for MIDI as “[I:MIDI …]”
    said     the text of V: for each voice
    symbols  the meanings that U: gives to single letters
    macros   the music that m: puts in the place of some signs
    words    number of lines of words between lines of music
    """

    header: dict[str, str] = field(default_factory=dict)
    voices: dict[str, str] = field(default_factory=dict)
    said: dict[str, str] = field(default_factory=dict)
    symbols: dict[str, str] = field(default_factory=dict)
    macros: dict[str, str] = field(default_factory=dict)
    words: int = 0

    def title(self, voice: str) -> str:
        """The name of a voice."""
        found = re.search(r"\b(?:name|nm)=(?:\"([^\"]*)\"|(\S+))", self.said.get(voice, ""))
        return (found[1] or found[2] or "")[:80] if found else ""


def tunes(text: str) -> tuple[str, list[str]]:
    """The fields before the first tune, which apply to all, and the text of each tune."""
    pieces = re.split(r"^(?=[ \t]*X:)", plain(text), flags=re.MULTILINE)
    if len(pieces) == 1:
        return "", pieces
    shared = "".join(f"{line}\n" for line in pieces[0].splitlines() if re.match(r"[LMQRK]:", line))
    return shared, pieces[1:]


def plain(text: str) -> str:
    """The text with uniform line ends, and without the markup of a web page or the headers of a mail."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if ENCODED.search(text):
        text = quopri.decodestring(text.encode()).decode("utf-8", "replace")
    if PAGE.search(text):
        text, *comments = text.split("<!--")
        text += "".join(comment.partition("-->")[2] for comment in comments)
        text = html.unescape(TAG.sub("", text)).replace("\xa0", " ")
    if re.search(r"^>[> \t]*X:", text, re.MULTILINE):
        text = QUOTED.sub("", text)
    return text


def take_apart(text: str) -> Tune:
    """Sort the lines of a tune. A snippet without a header is a tune too."""
    tune = Tune()
    common = defaultdict[str, str](str)  # voice, "" for all → its fields in the music before it begins
    voice, in_header, gap = "", True, False
    closed = re.search(r"^[ \t]*X:.*^[ \t]*K:", text, re.M | re.S) is not None  # a header ends with K: and

    def add(voice: str, music: str) -> None:
        before = common[""] + (common[voice] if voice else "")
        tune.voices[voice] = tune.voices.get(voice, before) + music

    for written in BLOCK.sub("", text).split("\n"):  # not with any other sign, which old texts have in their titles
        line = re.sub(r"(?<!\\)%.*", "", written).rstrip("\\ \t")
        continued = written.rstrip().endswith("\\")
        found = FIELD.match(line)
        if directive := DIRECTIVE.match(written):
            inline = f"[I:MIDI {_inline(directive[1].partition('%')[0])}]"
            if "K" in tune.header and (voice or tune.voices):
                add(voice, inline)
            else:
                common[voice if "K" in tune.header else list(tune.said)[-1] if tune.said else ""] += inline
        elif not found:
            gap |= not (written.strip() or in_header)
            # Words may stand before K:, behind an empty line, and between lines of music.
            before = closed and "K" not in tune.header
            words = before or (closed and gap and "|" not in line) or is_prose(line)
            tune.words += words and not before and not gap
            if line.count('"') % 2:  # a chord symbol or words without a closing quotation mark
                last = line.rindex('"')
                line = line[:last] + UNCLOSED.sub(" ", line[last:])
            if line.strip() and not words:
                in_header = False
                for piece in re.split(r"(?=\[V:)", line):
                    if switch := re.match(r"\[V:\s*([^\s\]]+)([^\]]*)\]", piece):
                        voice = switch[1]
                        tune.said.setdefault(voice, switch[2])
                    if piece.strip():
                        add(voice, piece + (" " if continued else "\n"))
        else:
            letter, value = found[1] or found[2], found[3].strip()
            value = value[: 2_000 if letter in "w+" else 200]
            if letter == "V":
                name = (value.split() or [""])[0]
                tune.said.setdefault(name, value)
                voice = name if "K" in tune.header else voice
            elif letter in "Um":
                name, _, meaning = value.partition("=")
                (tune.symbols if letter == "U" else tune.macros)[name.strip()] = meaning.strip()
            elif letter in "w+":
                if voice in tune.voices and (letter == "w" or tune.voices[voice].endswith("]\n")):
                    add(voice, f"[{letter}:{_inline(value)}]\n")
            elif in_header and not (letter == "P" and "K" in tune.header):
                if letter in "KLMQ" or letter not in tune.header:
                    tune.header[letter] = value
            elif letter in "KLMQP":
                inline = f"[{letter}:{_inline(value)}]"
                everyone = letter == "P" or not voice
                common[""] += inline if everyone else ""
                for name in list(tune.voices) if everyone else [voice]:
                    add(name, inline)
    tune.voices = {name: music for name, music in tune.voices.items() if letters(music)}
    return tune


def letters(music: str) -> int:
    """The number of note letters in some music, not counting fields."""
    return len(NOTE.findall(INLINE.sub("", music)))


def is_prose(line: str) -> bool:
    """Whether a line between lines of music is words: many of its letters, of several kinds, do not occur in music, or
    it begins like a mail header."""
    if MAIL.match(line):
        return True
    bare = WORDLESS.sub(" ", line)
    letters = LETTER.findall(bare)
    strange = [letter for letter in letters if STRANGE.match(letter) or letter > "z"]
    return len(set(strange)) >= 3 and len(strange) >= PROSE * len(letters)


def _inline(value: str) -> str:
    """The text of a field, fit to stand between brackets."""
    return value.replace("[", "(").replace("]", ")")
