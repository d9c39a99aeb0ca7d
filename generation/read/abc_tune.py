"""ABC text: the tunes of a file, and of each tune its header and the music of its voices."""

import re
from dataclasses import dataclass, field

# “A:|” is a note before a repeat, not a field about the area.
FIELD = re.compile(r"\s*(?:([XTMLQPKRSOHINUVmrw+sW])|([ABCDFGZ])(?!:[|:])):(.*)")
NOTE = re.compile(r"[A-Ga-g]")


@dataclass
class Tune:
    """A tune taken apart, but not yet read.

    header  what its fields say before the music: the first of each letter, the last of K:, L:, M: and Q:
    voices  the music of each voice by its name in V:, "" where there is none; fields between lines as “[K:G]”
    said    what V: says about each voice
    """

    header: dict[str, str] = field(default_factory=dict)
    voices: dict[str, str] = field(default_factory=dict)
    said: dict[str, str] = field(default_factory=dict)

    def title(self, voice: str) -> str:
        """What a voice is called."""
        found = re.search(r"\b(?:name|nm)=(?:\"([^\"]*)\"|(\S+))", self.said.get(voice, ""))
        return (found[1] or found[2] or "")[:80] if found else ""


def tunes(text: str) -> tuple[str, list[str]]:
    """The fields that stand before the first tune and are meant for all, and the text of each tune."""
    pieces = re.split(r"^(?=[ \t]*X:)", text.replace("\r\n", "\n").replace("\r", "\n"), flags=re.MULTILINE)
    if len(pieces) == 1:
        return "", pieces
    shared = "".join(f"{line}\n" for line in pieces[0].splitlines() if re.match(r"[LMQRK]:", line))
    return shared, pieces[1:]


def take_apart(text: str) -> Tune:
    """Sort the lines of a tune. A snippet without a header is a tune too."""
    tune = Tune()
    common = ""  # fields in the music that are meant for every voice
    voice, in_header, gap = "", True, False
    closed = re.search(r"^[ \t]*X:.*^[ \t]*K:", text, re.M | re.S) is not None  # a header ends with K:
    for line in text.split("\n"):  # and at no other sign: old texts have them in their titles
        line = re.sub(r"(?<!\\)%.*", "", line).rstrip("\\ \t")
        found = FIELD.match(line)
        if not found:
            gap |= not (line.strip() or in_header)
            # Words may stand before K:, and behind an empty line.
            words = closed and ("K" not in tune.header or (gap and "|" not in line))
            if line.strip() and not words:
                in_header = False
                for piece in re.split(r"(?=\[V:)", line):
                    if switch := re.match(r"\[V:\s*([^\s\]]+)[^\]]*\]", piece):
                        voice = switch[1]
                    if piece.strip():
                        tune.voices[voice] = tune.voices.get(voice, common) + piece + "\n"
            continue
        letter, value = found[1] or found[2], found[3].strip()[:200]
        if letter == "V":
            name = (value.split() or [""])[0]
            tune.said.setdefault(name, value)
            voice = name if "K" in tune.header else voice
        elif in_header and not (letter == "P" and "K" in tune.header):
            if letter in "KLMQ" or letter not in tune.header:
                tune.header[letter] = value
        elif letter in "KLMQP":
            inline = f"[{letter}:{value.replace('[', '').replace(']', '')}]"
            everyone = letter == "P" or not voice
            common += inline if everyone else ""
            for name in tune.voices if everyone else (voice,):
                tune.voices[name] = tune.voices.get(name, common) + inline
    for name in [
        name for name, music in tune.voices.items() if not NOTE.search(re.sub(r"\[[A-Z]:[^\]]*\]", "", music))
    ]:
        del tune.voices[name]
    return tune
