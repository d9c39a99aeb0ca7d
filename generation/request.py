"""Request and Reply: plain data, importable without torch or music21."""

from dataclasses import dataclass, field

from generation.choices import ACCOMPANISTS as ACCOMPANISTS
from generation.choices import BANDS as BANDS
from generation.choices import ENDINGS as ENDINGS
from generation.choices import FORMATS as FORMATS
from generation.choices import INSTRUMENTS as INSTRUMENTS
from generation.choices import PARTS as PARTS
from generation.choices import REDONE as REDONE
from generation.choices import STYLES as STYLES
from generation.choices import checkpoint_faults as checkpoint_faults
from generation.choices import own_checkpoints as own_checkpoints
from generation.choices import styles as styles
from generation.words import UNSAID as UNSAID
from generation.words import Refusal as Refusal
from generation.words import Told as Told
from generation.words import Value as Value
from generation.words import Words as Words
from generation.words import whole

MOST_SECONDS = 180  # of new music
MOST_CHORDS = 2000  # characters
RANGES = (
    ("seconds", 5, MOST_SECONDS), ("bars", 4, 64), ("last_bars", 1, 64), ("after_bar", 1, 999), ("takes", 1, 64),
    ("temperature", 0.1, 2.0), ("top_p", 0.05, 1.0), ("octave", -2, 2),
)  # fmt: skip


@dataclass(frozen=True)
class Request:
    """A request for music. Raises `Refusal` for a value out of range or unknown.

    data         the bytes of a file to continue; None for a fresh piece
    seconds      length of the new music, 5 … 180
    bars         its length in bars instead, 4 … 64; 0: in seconds
    last_bars    of the input, that are in the files, 1 … 64; 0 for all, as with `accompany`. The model hears all of it.
    after_bar    the bar of the file after which the new music begins, 1 … 999; the rest of the file is left out. Full
                 bars count from 1, as on a score; 0: the last
    takes        how many different answers, 1 … 64
    temperature  0.1 … 2.0
    top_p        0.05 … 1.0
    style        a key of `styles()`
    instrument   a key of `INSTRUMENTS`, or "auto": the file's own, else one that suits the style
    only_new     leave the input out of the files
    recording    begin the sound with the recording that was sent, not with the notes that were heard in it
    octave       by how many octaves higher the notes heard in a recording are meant, −2 … 2
    open_end     cut the music off when the time is up, instead of bringing it to a close
    parts        of a file of several: a key of `PARTS`
    lead         the part of the file that is the tune, by its name or number; "" to find it
    band         of a fresh piece: a key of `BANDS`
    key, tempo, meter  for a fresh piece: "D minor", quarter notes a minute, "6/8"; None leaves the choice to Encore
    arithmetic   with which the take was played that is wanted again, `Take.arithmetic`: any other is refused; "": any
    accompany    who joins the tune of the file: a key of `ACCOMPANISTS`; "" to play on instead
    chords       symbols or degrees to play over, such as "Dm7 G7 Cmaj7 | A7" or "ii V I", with “|” between bars,
                 repeated as long as the music lasts; "": none are given
    redo         a key of `REDONE`: this part of the one take in `wholes` is played again, all others stay
    stems        an MP3 of each part as well, in a zip: `Take.files["stems"]`
    wholes       the notes of takes that were played before, `Take.whole`: their files are made again, and only as many
                 takes are played as are missing
    mp3_bytes    the largest size of an MP3, whose bit rate is lowered to fit; 0 for no limit
    """

    data: bytes | None = None
    filename: str = ""
    seconds: float = 20.0
    bars: int = 0
    last_bars: int = 0
    after_bar: int = 0
    takes: int = 1
    temperature: float = 0.9
    top_p: float = 0.97
    seed: int = 0
    style: str = "auto"
    instrument: str = "auto"
    only_new: bool = False
    recording: bool = False
    octave: int = 0
    open_end: bool = False
    formats: tuple[str, ...] = FORMATS
    parts: str = "all"
    lead: str = ""
    band: str = "melody"
    key: str | None = None
    tempo: float | None = None
    meter: str | None = None
    mp3_bytes: int = 0
    arithmetic: str = ""
    accompany: str = ""
    chords: str = ""
    redo: str = ""
    stems: bool = False
    wholes: tuple[bytes, ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        for name in ("filename", "lead", "key", "meter", "chords"):
            if said := getattr(self, name):
                object.__setattr__(self, name, whole(said))
        for name, low, high in RANGES:
            value = getattr(self, name)
            if not low <= value <= high and (value or name not in ("bars", "last_bars", "after_bar")):
                raise Refusal(
                    "{name} is {value}; it must lie between {low} and {high}.",
                    name=name,
                    value=value,
                    low=low,
                    high=high,
                )
        if not 0 <= self.seed < 2**63:
            raise Refusal("seed is {seed}; it must lie between 0 and 2^63 − 1.", seed=str(self.seed))
        if self.style not in STYLES and self.style not in (known := styles()):
            raise Refusal(
                "There is no style “{name}”. Choose one of: {styles}.", name=self.style[:40], styles=", ".join(known)
            )
        if self.instrument != "auto" and self.instrument not in INSTRUMENTS:
            raise Refusal(
                "There is no instrument “{name}”. Choose one of: auto, {instruments}.",
                name=self.instrument[:40],
                instruments=tuple(map(Words, INSTRUMENTS)),
            )
        for name, known in (("parts", PARTS), ("band", BANDS), ("accompany", ACCOMPANISTS), ("redo", REDONE)):
            if getattr(self, name) not in known and (getattr(self, name) or name in ("parts", "band")):
                raise Refusal(
                    "{name} is “{value}”; it must be one of: {known}.",
                    name="band" if name == "accompany" else name,  # as people call it
                    value=getattr(self, name)[:40],
                    known=", ".join(known),
                )
        if wrong := [name for name in self.formats if name not in FORMATS]:
            raise Refusal(
                "There is no format “{name}”. Choose from: {formats}.", name=wrong[0][:40], formats=", ".join(FORMATS)
            )
        if self.accompany and self.data is None:
            raise Refusal("There is no tune to accompany. Send one, or ask for a fresh piece for a band.")
        if self.redo and len(self.wholes) != 1:
            raise Refusal(
                "{count} takes are given, but a part can be played again in one only. Give one take.",
                count=len(self.wholes),
            )
        if len(self.chords) > MOST_CHORDS:
            raise Refusal(
                "The chords have {count} characters, and the limit is {limit}. Write them once; they are repeated.",
                count=len(self.chords),
                limit=MOST_CHORDS,
            )
        if self.chords and self.band == "drums":
            raise Refusal("Drums play no chords. Choose another band, or leave the chords out.")
        if self.tempo is not None and not 20 <= self.tempo <= 400:
            raise Refusal("tempo is {tempo}; it must lie between 20 and 400 quarter notes a minute.", tempo=self.tempo)


@dataclass(frozen=True)
class Take:
    """One answer.

    seconds     length of the sound
    new_from    second at which the new music begins in it
    notes       number of new notes
    again       whether they are mostly the input's, although it was played again several times
    files       format → bytes
    arithmetic  the arithmetic and the kind of processor that it was sampled with: with another, the same seed may
                give other notes
    whole       its notes, packed: with them in `Request.wholes` its files are made again, the same on every machine
    chords      the harmony of the new music's first bars, such as “C | Am F | G7”; empty if unknown
    parts       the keys of `REDONE` that it has a part for
    """

    seed: int
    temperature: float
    seconds: float
    new_from: float
    notes: int
    files: dict[str, bytes] = field(default_factory=dict, repr=False)
    arithmetic: str = ""
    again: bool = False
    chords: str = ""
    parts: tuple[str, ...] = ()
    whole: bytes = field(default=b"", repr=False)


@dataclass(frozen=True)
class Reply:
    """The takes of one request, and facts for the caption in a musician's words.

    tempo    quarter notes a minute
    source   where the melody was found in the file; empty if there was no choice
    parts    the names of the parts that play on together; empty for a melody
    remarks  a phrase on each thing that was repaired or left out in reading the file
    voices   each part of the file that could be the tune, described; empty if there is no choice
    voice    the number of the part that was taken for it, counted from 1
    recorded whether the input is a recording
    octaves  `Recorded.octaves` of a recording
    timings  stage → seconds
    """

    takes: tuple[Take, ...]
    title: str = ""
    key: str = ""
    metre: str = ""
    tempo: float = 0.0
    style: str = "auto"
    instrument: str = "piano"
    source: Words = UNSAID
    parts: tuple[Words, ...] = ()
    remarks: tuple[Words, ...] = ()
    voices: tuple[Words, ...] = ()
    voice: int = 0
    recorded: bool = False
    octaves: tuple[int, ...] = ()
    timings: dict[str, float] = field(default_factory=dict)
