"""Reading right: our readers beside other people's, note for note. `make soak` compares 200 tunes and 200 MIDI files.

MIDI is read again by mido; of ABC, abc2midi (Debian's package abcmidi) says how it sounds. `--data FOLDER` takes MIDI
files from archives, else they are made; the tunes are those of the old books that come with music21.
"""

import io
import random
import re
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

import mido
import music21
import pytest

from generation.abc_tune import tunes
from generation.read_abc import read_abc
from generation.read_midi import read_midi
from generation.request import Refusal
from tests.hostile_bytes import midi, number, tempo, track
from tests.tally import tried

ROOT = Path(__file__).parent.parent
FEW, MANY = 40, 200
BOOKS = ("oneills1850", "ryansMammoth", "airdsAirs")
STAGGERED = 10  # ticks by which abc2midi strikes the tones of a chord one after the other
Notes = list[tuple[int, int]]  # (tick, pitch)


def by_mido(data: bytes) -> tuple[int, Notes]:
    """Ticks of a quarter, and every note that a file strikes."""
    file = mido.MidiFile(file=io.BytesIO(data), clip=True)
    found = []
    for line in file.tracks:
        tick = 0
        for message in line:
            tick += message.time
            if message.type == "note_on" and message.velocity:
                found.append((tick, message.note))
    return file.ticks_per_beat, sorted(found)


def by_us(data: bytes, ticks: int) -> Notes:
    return sorted(
        (round(ticks * float(onset)), int(pitch))
        for voice in read_midi(data).voices
        for onset, pitch in zip(voice.part.onset, voice.part.pitch, strict=True)
    )


def made(rng: random.Random) -> bytes:
    """A file of a few tracks as programs write them: running status, chords, pedals, tempo marks."""
    lines = [track(b"".join(tempo(rng.randrange(300_000, 900_000), rng.randrange(960)) for _ in range(4)))]
    for channel in range(rng.randrange(1, 5)):
        out, running = bytearray(), -1
        held: list[int] = []
        for _ in range(rng.randrange(5, 200)):
            kind, first, second = rng.choice((0x90, 0x90, 0xB0)), rng.randrange(30, 100), rng.randrange(1, 128)
            if kind == 0xB0:
                first = rng.choice((64, 7, 11))
            elif first in held:
                held.remove(first)
                second = 0
            else:
                held.append(first)
            out += number(rng.choice((0, 1, 60, 120, 240, 500)))
            out += bytes([kind | channel] if kind != running else []) + bytes((first, second))
            running = kind
        out += b"".join(number(30) + bytes((0x80 | channel, pitch, 64)) for pitch in held)
        lines.append(track(bytes(out)))
    return midi(*lines, division=rng.choice((96, 192, 240, 480, 960)))


def midi_files(folder: str, count: int) -> Iterator[tuple[str, bytes]]:
    rng = random.Random(5)
    if not folder:
        yield from ((f"made {i}", made(rng)) for i in range(count))
        return
    archives = sorted(Path(folder).glob("*.tar.xz"))
    found = []
    for path in archives:
        with tarfile.open(path) as archive:
            names = sorted(name for name in archive.getnames() if name.lower().endswith((".mid", ".midi")))
            for name in rng.sample(names, min(len(names), count // 2)):
                file = archive.extractfile(name)
                assert file is not None
                found.append((name, file.read()))
    yield from rng.sample(found, min(count, len(found)))


def compared(what: str, outcomes: dict[str, str], least: float, than: str) -> None:
    """Note the result in the table and list what differs; fails if more does than may."""
    different = {name: reason for name, reason in outcomes.items() if reason}
    exact = len(outcomes) - len(different)
    for name, reason in different.items():
        print(f"{what}: {name}: {reason}")
    tried(f"{what} read beside {than}", len(outcomes), f"{exact} exactly alike ({100 * exact / len(outcomes):.1f} %)")
    assert exact >= least * len(outcomes), different


def difference(ours: Notes, theirs: Notes) -> str:
    """Where two readings part, in words; empty if they do not."""
    if ours == theirs:
        return ""
    at = next((i for i, (one, other) in enumerate(zip(ours, theirs, strict=False)) if one != other), None)
    at = min(len(ours), len(theirs)) if at is None else at
    here, there = ours[at : at + 1], theirs[at : at + 1]
    return f"{len(ours)} notes here, {len(theirs)} there; note {at + 1} is {here} here, {there} there"


def test_midi_beside_mido(soak: bool, request: pytest.FixtureRequest) -> None:
    outcomes: dict[str, str] = {}
    for name, data in midi_files(str(request.config.getoption("--data")), MANY if soak else FEW):
        try:
            ticks, theirs = by_mido(data)
            outcomes[name] = difference(by_us(data, ticks), theirs)
        except Refusal as refusal:
            outcomes[name] = str(refusal)
    compared("MIDI files", outcomes, 0.99, "mido")


def books() -> list[tuple[str, str]]:
    """Every tune of the old books, by book and number, as text with the fields that count for all."""
    corpus = Path(music21.__file__).parent / "corpus"
    found = []
    for book in BOOKS:
        for path in sorted((corpus / book).glob("*.abc")):
            shared, each = tunes(path.read_text("utf-8", "replace"))
            found += [(f"{path.stem} {text.splitlines()[0]}", shared + text) for text in each]
    return found


def unadorned(line: str) -> str:
    """A line of music without what abc2midi plays as ornaments, and we do not."""
    if re.match(r"[A-Za-z]:[^|:]|%", line):
        return line
    return re.sub(r'"[^"]*"|\{[^}]*\}|![^!]*!|[~.THuvMPLRSO](?=[\^_=]*[A-Ga-gz\[])', "", line)


def by_abc2midi(text: str, folder: Path) -> Notes:
    """How it sounds without grace notes and chord symbols; of chords the top."""
    plain = "\n".join(unadorned(line) for line in text.splitlines()) + "\n"
    (folder / "tune.abc").write_text(plain.replace("\nK:", "\n%%MIDI ratio 3 1\nK:", 1))
    command = ["abc2midi", str(folder / "tune.abc"), "1", "-o", str(folder / "tune.mid"), "-NGUI", "-NFER", "-silent"]
    subprocess.run(command, capture_output=True, check=False, timeout=20)
    _, notes = by_mido((folder / "tune.mid").read_bytes())
    (folder / "tune.mid").unlink()
    top: Notes = []
    last = -STAGGERED - 1
    for onset, pitch in notes:
        if onset - last <= STAGGERED:
            top[-1] = (top[-1][0], max(pitch, top[-1][1]))
        else:
            top.append((onset, pitch))
        last = onset
    return top


@pytest.mark.skipif(not shutil.which("abc2midi"), reason="abc2midi is missing: apt-get install abcmidi")
def test_abc_beside_abc2midi(soak: bool, tmp_path: Path) -> None:
    outcomes: dict[str, str] = {}
    for name, text in random.Random(6).sample(books(), MANY if soak else FEW // 2):
        # Both as written: abc2midi lets hornpipes swing. And under one number, as the first tune of a file.
        text = re.sub(r"^(R:.*|[SNZBDFHGOAC]:[^|:].*)\n", "", re.sub(r"^X:.*", "X:1", text, flags=re.M), flags=re.M)
        try:
            melody = read_abc(text)
            ours = [
                (round(480 * float(onset)), int(pitch)) for onset, pitch in zip(melody.onset, melody.pitch, strict=True)
            ]
            theirs = by_abc2midi(text, tmp_path)
            first = ours[0][0] - theirs[0][0]  # silence before the first note
            outcomes[name] = difference([(onset - first, pitch) for onset, pitch in ours], theirs)
        except (Refusal, FileNotFoundError) as error:
            outcomes[name] = str(error)
    compared("ABC tunes", outcomes, 0.95, "abc2midi")
