"""Words in a MIDI file: its title, the names of its tracks, and its lyrics."""

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from generation.read.encoding import decoded, encoding_of, line_of
from generation.read.lyrics import TOGETHER, fits, matched
from generation.read.midi_lines import LYRIC, MARKER, TEXT, TRACK_NAME, Line, Text

FEWEST = 5  # syllables: fewer are not the words to a tune
MOST = 3_000  # syllables that are used to find the singer
LONGEST = 30  # characters of a syllable
# Words that programs and sound banks write where a title might stand: a name of these alone is not a title.
NOBODYS = frozenset(
    str.split("""
    tempo conductor master meta control controls global setup set up init system sysex exclusive header marker
    markers signature signatures lyric lyrics words karaoke soft text time key click metronome parameter parameters
    map event events out in off track tracks trk tr staff staves stave part parts voice voices channel chan ch
    instrument instr inst clip pattern midi song sequence sequencer seq score title name file project new default
    format type smf copyright info data untitled unnamed noname no none null empty unbenannt unbekannt ohne titel
    namen spur tempospur kanal stimme dirigent sans titre nom piste voix senza titolo traccia canale sin título
    titulo sem pista canal faixa дорожка канал без названия имени трек темп 無題 無名 テンポ トラック コンダクター
    タイトル 未命名 无标题 無標題 标题 音轨 轨道 제목없음 제목 없음 트랙 템포 general gm gs xg reset roland yamaha
    korg sound canvas soundcanvas soundfont bank bänke blaster awe gus opl mt sc mu sf pro plus vl sb
    kmidi
    """)
)
OURS = re.compile("Encore(: .*)?")  # what Encore calls its own music where that has no title
BANKS = {  # a name of a few words with one of these is not a title
    "gm",
    "gs",
    "xg",
    "reset",
    "sysex",
    "soundfont",
    "soundcanvas",
    "opl",
    "awe",
}
CREDITS = re.compile(
    r"(created|generated|made|written|converted|exported|produced|sequenced|arranged|copyright|untitled|unnamed|https?:|"
    r"www\.|©|\(c\)|@)",
    re.I,
)
ADDRESS = re.compile(r"\S@\S+\.\w|https?:|www\.", re.I)  # of the one who made the file, in place of a part's name
# The words of which the names of instruments and of their parts are made.
PLAYERS = frozenset(
    str.split("""
    acoustic grand bright electric elec honky tonk upright piano pno rhodes wurlitzer harpsichord clavinet clavi
    celesta glockenspiel glock music box vibraphone vibes marimba xylophone tubular bell bells dulcimer organ
    hammond drawbar percussive rock church pipe reed accordion harmonica guitar guitars gtr nylon steel string
    strings jazz clean muted overdriven overdrive distortion distorted dist rhythm bass finger fingered fingerstyle
    picked pick fretless slap synth synthesizer violin violins viola violas cello cellos violoncello contrabass
    double tremolo pizzicato pizz orchestral orchestra harp timpani ensemble choir chorus aahs oohs aah ooh vocal
    vocals vox hit trumpet trumpets trombone trombones tuba french horn horns brass section sax saxophone saxophones
    soprano alto tenor baritone oboe english bassoon clarinet clarinets piccolo flute flutes recorder pan blown
    bottle shakuhachi whistle tin ocarina lead square saw sawtooth sine calliope charang pad pads warm poly bowed
    halo sweep fx sitar banjo ukulele shamisen koto kalimba bagpipe bagpipes fiddle drum drums drumkit kit
    percussion melody melodie theme solo right left hand hands rh lh upper lower treble main accompaniment
    chord chords harmony one two ii iii iv gesang klavier flöte geige gitarre schlagzeug streicher rechte linke
    guitare flûte violon batterie flauto chitarra violino ピアノ ギター ベース ドラム メロディ メロディー フルート
    钢琴 鋼琴 吉他 主旋律 旋律
    """)
)


class Texts:
    """The words of a file, read in one encoding for all of them."""

    def __init__(self, texts: Sequence[Text]) -> None:
        self.texts = texts
        self.encoding = encoding_of(text.data for text in texts)
        self.names: dict[int, str] = {}
        for text in texts:
            if text.kind == TRACK_NAME:
                self.names.setdefault(text.track, line_of(text.data, self.encoding))

    def name(self, track: int) -> str:
        """What a track calls its player; empty where it has no name of its own."""
        name = self.names.get(track, "")
        words = _words(name)
        if not BANKS.isdisjoint(words) or ADDRESS.search(name):
            return ""
        meant = any(word in PLAYERS or word not in NOBODYS for word in words) if words else name.isalpha()
        return name if meant else ""

    def title(self, playing: set[int]) -> str:
        """The piece's title, given the numbers of the tracks that play: stated by a karaoke file, or the name of the
        first track, if it plays nothing or is the only one to play."""
        said = [self._line(text)[2:] for text in self.texts if text.kind == TEXT and text.data[:2].upper() == b"@T"]
        first = _without_ending(self.names.get(1, "")) if 1 not in playing or len(playing) == 1 else ""
        if OURS.fullmatch(first) and any(text.data.startswith(b"Encore, seed ") for text in self.texts):
            first = ""
        return next((title for title in (*said[:1], first) if _is_title(title)), "").strip()

    @property
    def markers(self) -> list[tuple[int, str]]:
        """(tick, text) of all markers."""
        return [(text.tick, self._line(text)) for text in self.texts if text.kind == MARKER and text.data]

    def sung(self, onsets: NDArray[np.int64], ticks: float) -> list[tuple[int, str]]:
        """(tick, syllable) of the words sung to notes that begin at `onsets`, sorted: the lyrics or, in karaoke files,
        a track of other texts most of which stand at notes."""
        said = [text for text in self.texts if text.data.strip()]
        lyrics = [text for text in said if text.kind == LYRIC]
        if len(lyrics) < FEWEST:
            plain = [text for text in said if text.kind == TEXT and text.data[:1] not in b"@%"]
            for track, count in Counter(text.track for text in plain).most_common(3):
                found = [text for text in plain if text.track == track]
                at = np.array([text.tick for text in found])
                short = sum(len(text.data) <= LONGEST for text in found)
                least = min(len(np.unique(matched(at, onsets, TOGETHER * ticks))), short)
                if count >= FEWEST and least > 0.6 * count:
                    lyrics = found
                    break
        return [(text.tick, self._syllable(text)) for text in sorted(lyrics, key=lambda text: text.tick)]

    def _line(self, text: Text) -> str:
        return line_of(text.data, self.encoding)

    def _syllable(self, text: Text) -> str:
        """The text as it stands, since spaces and slashes say where words and lines end."""
        said = decoded(text.data[: 4 * LONGEST], self.encoding)
        return "".join(sign if sign.isprintable() else "\n" if sign in "\r\n" else " " for sign in said)[:LONGEST]


def singer(lines: Sequence[Line], syllables: Sequence[int], ticks: float) -> Line | None:
    """The line that is sung: the one whose notes best match the syllables, at these ticks."""
    said = np.unique(np.array(syllables[:MOST], np.int64))
    likeness = [fits(said, np.unique([note.onset for note in line.notes]), TOGETHER * ticks) for line in lines]
    best = max(likeness, default=0.0)
    return lines[likeness.index(best)] if best > 0 else None


def _words(name: str) -> list[str]:
    """The words of a name, in small letters; single letters and numbers do not count."""
    return [word for word in re.findall(r"[^\W\d_]+", name.lower()) if len(word) > 1 or not word.isascii()]


def _is_title(name: str) -> bool:
    words = _words(name)
    if CREDITS.match(name.strip()) or (len(words) <= 4 and not BANKS.isdisjoint(words)):
        return False
    return any(word not in NOBODYS and word not in PLAYERS for word in words)


def _without_ending(name: str) -> str:
    """A title that is the name of a file, without its folders and its ending: “C:\\SONGS\\AIR.MID” → “AIR”."""
    return re.sub(r"^([a-z]:|~)?[\\/](.*[\\/])?|\.(midi?|kar)$", "", name, flags=re.I)
