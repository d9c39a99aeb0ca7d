"""Mastering: loud enough, never clipped; and the MP3 itself."""

import subprocess
import sys

import imageio_ffmpeg
import numpy as np
import pyloudnorm
import pytest
from numpy.typing import NDArray
from scipy.signal import resample

from generation.finish.sound.master import loudness, master
from generation.finish.sound.mp3 import BIT_RATES, TAG_BYTES, encode, length
from generation.finish.sound.synth import SAMPLE_RATE
from tests.listening import decode

Sound = NDArray[np.float32]


def tone(seconds: float, hertz: float = 330.0, level: float = 0.01) -> Sound:
    wave = level * np.sin(2 * np.pi * hertz * np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE)
    return np.stack([wave, wave], axis=1).astype(np.float32)


def strokes(seconds: float, every: float, level: float = 0.5, fading: float = 0.05) -> Sound:
    """Struck wood: more peak than sound. `fading` in seconds."""
    rng = np.random.default_rng(1)
    frames, period = round(seconds * SAMPLE_RATE), round(every * SAMPLE_RATE)
    decay = np.exp(-(np.arange(frames) % period) / (fading * SAMPLE_RATE))
    wave = level * decay * rng.uniform(-1, 1, frames)
    return np.stack([wave, 0.7 * wave], axis=1).astype(np.float32)


def peak_between_samples(sound: Sound) -> float:
    """In dBFS, by another method than the one under test: the whole spectrum, eight times oversampled."""
    return float(20 * np.log10(np.abs(resample(sound.astype(np.float64), 8 * len(sound), axis=0)).max()))


@pytest.mark.parametrize(
    "sound",
    [
        tone(5),
        tone(0.2),
        tone(5, level=2.0),
        tone(3, hertz=11_024.0, level=0.3),
        strokes(6, 0.3),
        strokes(6, 0.15, 5.0),
    ],
    ids=["quiet tone", "very short", "far too loud", "high", "strokes", "loud strokes"],
)
def test_loudness_and_peak(sound: Sound) -> None:
    done = master(sound)
    padded = np.pad(done, ((0, max(0, round(0.4 * SAMPLE_RATE) - len(done))), (0, 0)))
    assert pyloudnorm.Meter(SAMPLE_RATE).integrated_loudness(padded) == pytest.approx(-16, abs=1.0)
    assert peak_between_samples(done) <= -1.0
    assert len(done) == len(sound)


def test_clicks_are_not_crushed_for_the_sake_of_loudness() -> None:
    done = master(strokes(6, 0.4, fading=0.003))
    assert peak_between_samples(done) <= -1.0
    assert -40 < loudness(done) < -16


def test_silence_stays_silence() -> None:
    assert not master(np.zeros((SAMPLE_RATE, 2), np.float32)).any()
    assert loudness(np.zeros((10, 2), np.float32)) == -np.inf


def test_what_is_already_right_is_only_scaled() -> None:
    quiet = tone(3) * np.linspace(0.5, 1, 3 * SAMPLE_RATE, dtype=np.float32)[:, None]
    done = master(quiet)
    ratio = done[5000::997] / np.where(quiet[5000::997] == 0, 1, quiet[5000::997])
    ratio = ratio[np.abs(quiet[5000::997]) > 1e-4]
    assert np.ptp(ratio) < 1e-3 * ratio.mean()


def test_the_mp3_is_what_it_says() -> None:
    sound = master(tone(3.217))
    mp3 = encode(sound, "Ünïcode, a “title”", "seed 12")
    heard = decode(mp3)
    assert length(mp3) == pytest.approx(3.217, abs=0.001)
    assert len(heard) == pytest.approx(len(sound), abs=1200)
    assert np.abs(heard).max() < 1.0
    report = subprocess.run(
        [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-i", "-"], input=mp3, capture_output=True
    ).stderr.decode()
    assert "192 kb/s" in report
    assert "44100 Hz, stereo" in report
    for line in ("title           : Ünïcode, a “title”", "artist          : Encore", "comment         : seed 12"):
        assert line in report


@pytest.mark.parametrize("rate", BIT_RATES)
def test_a_player_starts_and_ends_with_the_sound_at_every_bit_rate(rate: int) -> None:
    sound = strokes(4.1, 0.5)
    mp3 = encode(sound, most_bytes=round(4.1 * rate * 125) + TAG_BYTES)
    heard = decode(mp3)
    assert len(mp3) == pytest.approx(4.1 * rate * 125, abs=2000)
    assert len(heard) == len(sound)
    late = np.argmax(np.correlate(heard[:8000, 0], sound[1000:7000, 0], "valid")) - 1000
    assert late == 0


def test_importing_it_warns_of_nothing() -> None:
    subprocess.run([sys.executable, "-W", "error", "-c", "import generation.finish.sound.mp3"], check=True)
