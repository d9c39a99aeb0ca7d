"""The seam: the new part enters where a player would, and paper says the same as sound. Random bands, every format."""

import random

import mido
import numpy as np
import pytest

from generation.finish.take import finish
from generation.model.loaded import LoadedModel, model_for
from generation.music.reading import Reading
from generation.play.prompts import prompts
from generation.play.session import sample
from generation.read.file import read
from generation.request import Request, Take
from tests.hostile_bytes import midi, number, tempo, track
from tests.listening import score_notes
from tests.tally import tried

FEW, MANY = 60, 500
TICKS = 480  # a quarter, in the files made here
NEAR = 0.4  # quarters by which a written note may lie beside the played one
SCALE = (60, 62, 64, 65, 67, 69, 71, 72, 74, 76)
Line = list[tuple[float, float, int]]  # onset and duration in quarters, pitch


@pytest.fixture(scope="module")
def loaded() -> LoadedModel:
    return model_for("auto", {})


def band(rng: random.Random) -> tuple[bytes, float]:
    """A file, and its quarters a bar: a tune, and up to three parts that end before it, with it or bars after it."""
    beats, unit = rng.choice(((4, 4), (3, 4), (6, 8), (2, 4), (9, 8), (2, 2)))
    bar, bars = beats * 4 / unit, rng.randint(4, 8)
    step, at, place = rng.choice((0.5, 1.0)), rng.choice((0.0, 0.0, bar, bar - 0.5)), 4
    end = bars * bar - rng.choice((0.0, 0.0, 0.5, 1.0, bar / 2))
    tune: Line = []
    while at < end:
        lasts = min(rng.choice((step, step, step, 2 * step)), end - at)
        if rng.random() > 0.08:
            place = min(max(place + rng.choice((-2, -1, -1, 1, 1, 2)), 0), len(SCALE) - 1)
            tune.append((at, lasts * rng.choice((1.0, 1.0, 0.8)), SCALE[place]))
        at += lasts
    lines = [tune]
    for kind in rng.sample(("bass", "chords", "drums", "pad"), rng.randint(0, 3)):
        until = bars * bar + rng.choice((-bar, 0.0, 0.0, 0.0, bar, 2 * bar, 5 * bar, 0.5, -0.5))
        every = {"bass": 1.0, "chords": bar, "drums": 0.5, "pad": 2 * bar}[kind]
        starts = np.arange(0.0, max(until, every), every)
        pitches = {"bass": (36,), "chords": (48, 52, 55), "drums": (42,), "pad": (50,)}[kind]
        lines.append([(float(start), every * 0.98, pitch) for start in starts for pitch in pitches])
    metre = b"\0\xff\x58\x04" + bytes((beats, unit.bit_length() - 1, 24, 8))
    programs = (73, 33, 0, 48)
    tracks = [
        track(written(line, bytes((0xC0 | i, programs[i])) if line[0][2] != 42 else b"", 9 if line[0][2] == 42 else i))
        for i, line in enumerate(lines)
    ]
    return midi(track(tempo(rng.randint(300_000, 1_000_000)) + metre), *tracks), bar


def written(line: Line, program: bytes, channel: int) -> bytes:
    """The events of a track."""
    events = [(round(at * TICKS), bytes((0x90 | channel, pitch, 80))) for at, _, pitch in line]
    events += [(round((at + lasts) * TICKS), bytes((0x80 | channel, pitch, 0))) for at, lasts, pitch in line]
    said, now = b"\0" + program if program else b"", 0
    for tick, event in sorted(events, key=lambda event: (event[0], event[1][0] >= 0x90)):
        said, now = said + number(tick - now) + event, tick
    return said


def played(data: bytes) -> list[tuple[float, float, int]]:
    """(onset, end, pitch) in quarters of every note of a MIDI file."""
    import io

    file = mido.MidiFile(file=io.BytesIO(data))
    found = []
    for line in file.tracks:
        tick, sounding = 0, {}
        for message in line:
            tick += message.time
            if message.type == "note_on" and message.velocity:
                sounding.setdefault((message.channel, message.note), []).append(tick)
            elif message.type in ("note_on", "note_off"):
                began = sounding[message.channel, message.note].pop(0)
                found.append((began / file.ticks_per_beat, tick / file.ticks_per_beat, message.note))
    return sorted(found)


def flaws(reading: Reading, take: Take, bar: float) -> list[str]:
    """Everything that is wrong with the seam of a take, in words."""
    given = sorted(
        (float(at), float(end), int(pitch))
        for part in reading.song.parts
        for at, end, pitch in zip(part.notes.onset, part.notes.ends, part.notes.pitch, strict=True)
    )
    sound = played(take.files["mid"])
    new = sound[len(given) :]
    if len(new) != take.notes or new[0][0] < given[-1][0]:
        return ["the new part does not follow the old"]
    ends = np.maximum.accumulate([end for _, end, _ in given])
    silence = max([0.0, *(at - end for (at, *_), end in zip(given[1:], ends[:-1], strict=True))])
    over = float(ends[-1])
    allowed = max(-over % bar, bar / 2, min(silence, bar)) + 0.3
    found = []
    if new[0][0] - over > allowed:
        found.append(f"{new[0][0] - over:.2f} quarters of silence, where {allowed:.2f} are asked for")
    heard = np.array([at for at, *_ in new]) - float(reading.line.onset[0])
    for kind in ("musicxml", "abc"):
        score = score_notes(take.files[kind].decode(), kind)
        paper = np.array([float(onset - score[0][0]) for onset, *_ in score[-take.notes :]])
        if [pitch for *_, pitch in score[-take.notes :]] != [pitch for *_, pitch in new]:
            found.append(f"other notes in {kind}")
        elif np.abs(paper - heard).max() > NEAR:
            found.append(f"{np.abs(paper - heard).max():.2f} quarters between {kind} and sound")
    return found


@pytest.mark.filterwarnings("ignore::music21.exceptions21.Music21DeprecationWarning")
def test_the_new_part_enters_where_a_player_would_and_paper_equals_sound(loaded: LoadedModel, soak: bool) -> None:
    rng, bad, takes = random.Random(5), [], 0
    for _ in range((MANY if soak else FEW) // 20):
        asked = []
        for _ in range(20):
            data, bar = band(rng)
            request = Request(
                data=data, seconds=5, seed=rng.randrange(2**31), temperature=rng.choice((0.7, 0.9, 1.3)),
                formats=("mid", "abc", "musicxml"),
            )  # fmt: skip
            asked.append((request, read(data, "band.mid"), bar))
        found = sample(loaded, [prompts(request, reading)[0] for request, reading, _ in asked])
        for (request, reading, bar), played in zip(asked, found, strict=True):
            take = finish(reading, played.played, request, request.seed)
            bad += [f"{takes}, seed {request.seed}: {words}" for words in flaws(reading, take, bar)]
            takes += 1
    tried("seams of bands", takes, f"{len(bad)} flaws")
    assert bad == []
