"""Recordings of one melody: singing comes out as notes, on a beat; for anything but a melody, a sentence says why
not."""

import sys
from pathlib import Path

import numpy as np
import pytest

from generation.judge.evaluate_hum import heard, note_f1
from generation.judge.hummed import recorded
from generation.read.beat import on_its_beat
from generation.read.file import read
from generation.request import Refusal
from tests.hostile_sounds import encoded, hummed

SUNG = Path(__file__).parents[1] / "data" / "sung"
EXAMPLES = Path(__file__).parents[2] / "assets" / "examples"
TUNE = [62, 66, 69, 66, 67, 71, 74, 71, 69, 66, 64, 62]
CODINGS = {"OGG": "OPUS", "WAV": "PCM_16", "FLAC": "PCM_24", "MP3": "MPEG_LAYER_III"}


@pytest.mark.parametrize("kind", CODINGS)
@pytest.mark.parametrize("rate", [24_000, 48_000])
def test_what_is_hummed_is_read(kind: str, rate: int) -> None:
    reading = read(encoded(hummed(TUNE, rate=rate), kind, CODINGS[kind], rate), "voice-message.bin")
    pitch, onset = reading.line.pitch, reading.melody.clock.seconds(reading.line.onset)
    for i, due in enumerate(TUNE):
        assert due in pitch[np.abs(onset - 0.4 * i) < 0.1]
    assert len(pitch) <= len(TUNE) + (kind == "MP3"), "a poor MP3 may split a note"
    assert reading.song.recorded is not None and str(reading.melody.key) == "D major"


def test_notes_of_one_pitch_are_told_apart() -> None:
    reading = read(encoded(hummed([60, 60, 67, 67, 69, 69, 67, 65, 65]), "OGG", "OPUS"), "a.ogg")
    assert reading.line.pitch.tolist() == [60, 60, 67, 67, 69, 69, 67, 65, 65]


@pytest.mark.parametrize("cents", [-40, -20, 20, 40])
def test_a_singer_may_be_off_throughout(cents: int) -> None:
    reading = read(encoded(hummed([pitch + cents / 100 for pitch in TUNE]), "OGG", "OPUS"), "a.ogg")
    assert reading.line.pitch.tolist() == TUNE
    assert any("corrected" in str(remark) for remark in reading.song.remarks)


@pytest.mark.parametrize(("begin", "end"), [(0.0, -1.2), (0.3, -0.6), (-0.2, 0.7)])
def test_a_singer_may_drift(begin: float, end: float) -> None:
    """Without accompaniment, by a semitone over 40 s: what is sung again is the same again."""
    tune = TUNE * 8
    drift = np.linspace(begin, end, len(tune))
    reading = read(encoded(hummed([p + off for p, off in zip(tune, drift, strict=True)]), "OGG", "OPUS"), "a.ogg")
    assert reading.line.pitch.tolist() == tune
    assert reading.song.recorded is not None and abs(reading.song.recorded.tuning - end) < 0.15
    assert ("sank" if end < begin else "rose") in str(reading.song.remarks[1])


def test_a_beat_is_found_in_few_notes() -> None:
    reading = on_its_beat(read(encoded(hummed(TUNE, 0.5), "OGG", "OPUS"), "a.ogg"))
    pace = float(np.median([mark.quarters_per_minute for mark in reading.melody.tempo]))
    assert min(abs(np.log2(pace / 120) - octave) for octave in (-1, 0, 1)) < 0.1


@pytest.mark.parametrize(
    ("eighths", "second", "metre"),
    [
        ([2, 1, 2, 1, 1, 1, 1, 2, 1, 3, 2, 1] * 2, 0.21, (6, 8)),
        ([1, 1, 1, 1, 1, 1, 2, 1, 3] * 3, 0.2, (6, 8)),
        ([4, 2, 4, 1, 1, 2, 2, 2, 6] * 2, 0.26, (3, 4)),
        ([2, 2, 4, 2, 1, 1, 4, 2, 2, 2, 2, 8], 0.26, (4, 4)),
    ],
)
def test_the_metre_is_heard_in_long_notes(eighths: list[int], second: float, metre: tuple[int, int]) -> None:
    steps = np.random.default_rng(1).integers(0, 6, len(eighths))
    tune = [np.array([62, 64, 66, 67, 69, 71])[step] for step in steps]
    sound = np.concatenate([hummed([p], n * second) for p, n in zip(tune, eighths, strict=True)])
    reading = on_its_beat(read(encoded(sound, "OGG", "OPUS"), "a.ogg"))
    assert reading.melody.metre == metre


def test_a_consonant_makes_no_note_of_its_own() -> None:
    """As in “la la”: the pitch changes while the consonant is soft, and the vowel comes a tenth of a second later."""
    sung = hummed(TUNE).reshape(len(TUNE), -1)
    soft = sung.copy()
    soft[:, : 48 * 100] *= 0.3
    reading = read(encoded(soft.ravel(), "OGG", "OPUS"), "a.ogg")
    assert reading.line.pitch.tolist() == TUNE


def test_what_is_whistled_is_not_read_an_octave_lower() -> None:
    seconds = np.arange(48_000 * 4) / 48_000
    hertz = 440 * 2 ** ((np.array([86, 90, 93, 98])[(seconds // 1).astype(int)] - 69) / 12)
    swell = np.minimum(1, np.minimum(seconds % 1, 1 - seconds % 1) / 0.05)
    sound = 0.3 * swell * np.sin(2 * np.pi * np.cumsum(hertz) / 48_000)
    assert read(encoded(sound, "OGG", "OPUS"), "a.ogg").line.pitch.tolist() == [86, 90, 93, 98]


def test_a_recording_may_be_very_soft() -> None:
    soft = 0.003 * hummed(TUNE) / np.abs(hummed(TUNE)).max()
    assert read(encoded(soft, "OGG", "OPUS"), "a.ogg").line.pitch.tolist() == TUNE


@pytest.mark.parametrize(
    ("sound", "words"),
    [
        (np.zeros(48_000), "nothing but silence"),
        (np.random.default_rng(0).normal(0, 0.1, 96_000), "No melody is heard"),
        (sum(hummed([pitch] * 6) for pitch in (60, 64, 67)) / 3, "Several tones"),
        (hummed(TUNE) + hummed([pitch + 4 for pitch in TUNE]), "Several tones"),
        (hummed(TUNE) + hummed([pitch + 9 for pitch in TUNE]), "Several tones"),
        (hummed([60, 64]), "Only 2 notes"),
        (np.resize(hummed(TUNE), 91 * 48_000), "the limit is 90 s"),
    ],
    ids=["silence", "noise", "chords", "thirds", "sixths", "two notes", "too long"],
)
def test_what_is_no_melody_is_told(sound: np.ndarray, words: str) -> None:
    with pytest.raises(Refusal) as refusal:
        read(encoded(sound, "FLAC", "PCM_16"), "a.flac")
    assert words in str(refusal.value)


@pytest.mark.parametrize("name", ["string-quartet-take1", "pop-band-take1", "rock-band-take1"])
def test_a_full_mix_is_no_melody(name: str) -> None:
    with pytest.raises(Refusal, match="Several tones"):
        read((EXAMPLES / f"{name}.mp3").read_bytes(), "mix.mp3")


def test_speech_is_no_melody() -> None:
    """Syllables of a fifth of a second, each with a pitch of its own that falls all the time."""
    rng, rate = np.random.default_rng(4), 24_000
    begin = np.repeat(rng.uniform(48, 56, 60), rate // 5)
    within = np.tile(np.arange(rate // 5), 60) / (rate // 5)
    phase = 2 * np.pi * np.cumsum(440 * 2 ** ((begin - 3 * within - 69) / 12)) / rate
    sound = 0.3 * np.minimum(1, 8 * np.sin(np.pi * within) ** 2) * sum(np.sin(n * phase) / n for n in range(1, 9))
    with pytest.raises(Refusal, match="like speech"):
        read(encoded(sound, "OGG", "OPUS", rate), "a.ogg")


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_no_library_keeps_files_open_or_writes_about_its_use() -> None:
    read(encoded(hummed(TUNE), "OGG", "OPUS"), "a.ogg")
    open_now = {str(path.resolve()) for path in Path("/proc/self/fd").iterdir()}
    assert not [path for path in open_now if "onnx" in path]


@pytest.mark.parametrize(("name", "least", "low", "high"), [("vocadito-10", 20, 40, 57), ("vocadito-14", 20, 50, 66)])
def test_people_who_sing_with_glides_are_heard(name: str, least: int, low: int, high: int) -> None:
    """Their pitch is hardly ever exact; no tone is far below the others, as where a consonant was taken for one."""
    reading = read((SUNG / f"{name}.ogg").read_bytes(), "voice-message.ogg")
    pitch = reading.line.pitch
    assert len(pitch) >= least
    assert np.mean((pitch >= low) & (pitch <= high)) > 0.95
    assert reading.song.recorded is not None


def test_a_real_piano_is_heard() -> None:
    """A scale of C major, its chord and a few tones more, in a room with a fan: the recording that music21 ships."""
    found = heard(recorded())
    assert found is not None and note_f1(recorded(), found) > 0.85
