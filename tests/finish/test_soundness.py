"""What comes out is sound: random requests over every option, and every file of every answer taken apart."""

import asyncio
import random
from pathlib import Path
from typing import Any

import numpy as np
import pyloudnorm
import pytest
from scipy.signal import resample_poly

from generation.music.reading import Reading
from generation.read.file import read
from generation.request import INSTRUMENTS, STYLES, Request, Take
from generation.serve.pool import WorkerPool
from tests.hostile_bytes import midi, notes, number, tempo, track
from tests.listening import RATE, decibels, decode, midi_notes, midi_tracks, score_notes
from tests.tally import tried

ROOT = Path(__file__).parents[2]
FEW, MANY = 14, 500
AT_ONCE = 4
LONGEST_PARSED_TWICE = 8_000  # bytes of ABC: music21's own reading of more takes too long
KEYS = ("C major", "D minor", "Bb major", "F# minor", "A dorian", "G mixolydian", "Eb major")
METRES = ("4/4", "3/4", "6/8", "2/4", "9/8", "5/4")


def inputs() -> list[tuple[str, bytes]]:
    """Files to play on from, in all formats: scores and performances, with chords and without."""
    paths = [*(ROOT / "tests/data/tiny").glob("tune.*"), *(ROOT / "tests/data/hard").glob("*.abc")]
    paths += [ROOT / "assets/examples" / name for name in ("jig.abc", "minuet.abc", "blues.mid")]
    chords = (
        b"".join(bytes((0, 0x91, p, 60)) for p in (48, 52, 55))
        + number(1920)
        + b"\x81\x30\x00\x00\x81\x34\x00\x00\x81\x37\x00"
    )
    two = midi(track(tempo(600_000)), track(notes([72, 74, 76, 77, 79, 77, 76, 74], 240)), track(chords))
    return [(path.name, path.read_bytes()) for path in sorted(paths)] + [("chords.mid", two)]


def wishes(count: int, seed: int = 11) -> list[Request]:
    """Every style, instrument and switch comes up; lengths mostly short, now and then three minutes."""
    rng, files = random.Random(seed), inputs()
    found = []
    for i in range(count):
        name, data = rng.choice(files) if i % 3 else ("", None)
        fresh: dict[str, Any] = {}
        if data is None:
            fresh = {"key": rng.choice((None, *KEYS)), "tempo": rng.choice((None, 52, 96, 140, 208.5)),
                     "meter": rng.choice((None, *METRES))}  # fmt: skip
        found.append(
            Request(
                data=data, filename=name, seed=rng.randrange(2**31), takes=rng.choice((1, 1, 1, 2)),
                seconds=rng.choice((5, 5, 6, 7.5, 9, 12, 12, 20, 30, 60 if i % 9 else 180 if i % 36 == 0 else 45)),
                temperature=round(rng.uniform(0.1, 2.0), 2), top_p=round(rng.uniform(0.5, 1.0), 2),
                style=list(STYLES)[i % len(STYLES)], instrument=["auto", *INSTRUMENTS][i % (len(INSTRUMENTS) + 1)],
                only_new=rng.random() < 0.3, open_end=rng.random() < 0.2,
                mp3_bytes=rng.choice((0, 0, 0, 400_000, 8_000_000)), **fresh,
            )
        )  # fmt: skip
    return found


def flaws(request: Request, reading: Reading | None, take: Take) -> list[str]:
    """Everything that is wrong with a take, in words."""
    sound = decode(take.files["mp3"])
    found = list(_flaws_of_sound(request, take, sound))
    found += _flaws_of_notes(request, take)
    if reading is not None and not request.only_new:
        found += _flaws_of_seam(take, sound)
    return found


def _flaws_of_sound(request: Request, take: Take, sound: np.ndarray) -> list[str]:
    loudness = pyloudnorm.Meter(RATE).integrated_loudness(sound.astype(np.float64))
    peak = 20 * np.log10(np.abs(resample_poly(sound, 4, 1)).max())
    weight, allowed = len(take.files["mp3"]), request.mp3_bytes
    too_heavy = 0 < allowed < weight and take.seconds * 8_000 < allowed  # at the lowest bit rate it would fit
    wrong = [
        (abs(len(sound) / RATE - take.seconds) > 0.05, f"lasts {len(sound) / RATE:.2f} s, not {take.seconds:.2f}"),
        (abs(loudness + 16) > 1.5, f"{loudness:.1f} LUFS"),
        (peak > -1.0, f"true peak {peak:.2f} dBFS"),
        (too_heavy, f"{weight:,} bytes where {allowed:,} are allowed"),
        (decibels(sound[: RATE // 2]) < -50, "begins with silence"),
    ]
    return [words for true, words in wrong if true]


def _flaws_of_notes(request: Request, take: Take) -> list[str]:
    """MIDI, ABC and MusicXML must tell the same notes, read by music21 and by our own reader."""
    found = []
    abc = read(take.files["abc"], "a.abc").melody
    xml = score_notes(take.files["musicxml"].decode(), "musicxml")
    pitches = [pitch for *_, pitch in xml]
    if abc.line.pitch.tolist() != pitches:
        found.append("ABC and MusicXML differ in pitch")
    elif not np.allclose(
        abc.line.onset - abc.line.onset[0], [float(onset - xml[0][0]) for onset, *_ in xml], atol=1e-3
    ):
        found.append("ABC and MusicXML differ in rhythm")
    if len(take.files["abc"]) <= LONGEST_PARSED_TWICE:
        again = [pitch for *_, pitch in score_notes(take.files["abc"].decode(), "abc")]
        if again != pitches:
            found.append("music21 reads other pitches in the ABC")
    _, tracks = midi_tracks(take.files["mid"])
    played = [[note[2] for note in midi_notes(events)] for events in tracks]
    if pitches not in played and pitches[-take.notes :] not in [line[-take.notes :] for line in played]:
        found.append("MIDI and score differ in pitch")
    if len(pitches) < take.notes or take.notes == 0:
        found.append(f"{take.notes} new notes, {len(pitches)} in the score")
    return found


def _flaws_of_seam(take: Take, sound: np.ndarray) -> list[str]:
    """The new music sets in where it is said to, and no later after the old than the pause that the notes leave."""
    seam = round(take.new_from * RATE)
    if decibels(sound[seam : seam + RATE // 4]) < -50:
        return ["silence where the new music should set in"]
    _, tracks = midi_tracks(take.files["mid"])
    written = [note for events in tracks for note in midi_notes(events)]
    whole = read(take.files["mid"], "a.mid").melody
    first = len(whole.line) - take.notes
    if first <= 0 or len(written) != len(whole.line):  # other parts sound beside it
        return []
    pause = whole.clock.second(whole.line.onset[first]) - whole.clock.second(
        float((whole.line.onset + whole.line.duration)[:first].max())
    )
    quarter = 60 / whole.tempo[0].quarters_per_minute
    bar = (whole.bar or 4.0) * quarter
    return (
        [f"{pause:.2f} s of pause at the seam, a bar being {bar:.2f} s"] if pause > max(bar, 2 * quarter) + 0.1 else []
    )


def _flaws_of_length(request: Request, take: Take) -> list[str]:
    """New music comes to its close within 15 % of the requested length."""
    whole = read(take.files["mid"], "a.mid").melody
    new = whole.seconds - (
        whole.clock.second(float(whole.line.onset[-take.notes])) if take.notes <= len(whole.line) else 0.0
    )
    low, high = 0.85 * request.seconds - 0.5, 1.15 * request.seconds + 0.5
    return [] if low <= new <= high else [f"{new:.1f} s of new music where {request.seconds:g} s were asked for"]


@pytest.mark.filterwarnings("ignore:Possible clipped samples")
async def test_random_requests(soak: bool) -> None:
    asked = wishes(MANY if soak else FEW)
    bad: list[str] = []
    takes = 0
    door = asyncio.Semaphore(AT_ONCE)

    async def play(number: int, request: Request) -> None:
        nonlocal takes
        async with door:
            reply = await pool.play(request)
            reading = read(request.data, request.filename) if request.data is not None else None
            for take in reply.takes:
                found = await asyncio.to_thread(flaws, request, reading, take)
                if request.data is None or request.only_new:
                    found += _flaws_of_length(request, take)
                bad.extend(f"{number}, seed {take.seed}: {words}" for words in found)
                takes += 1

    async with WorkerPool(renderers=2) as pool:
        await asyncio.gather(*(play(number, request) for number, request in enumerate(asked)))
    tried("random requests", len(asked), f"{takes} takes heard and read, {len(bad)} flaws")
    assert bad == []
