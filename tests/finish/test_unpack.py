"""The soundfont with its piano decoded sounds as the soundfont does."""

from pathlib import Path

import numpy as np
import pytest

from generation.finish.sound import synth
from generation.finish.sound.synth import DRUM_BANK, SAMPLE_RATE, SOUNDFONT, Sound, Synth, unpacked_path
from generation.finish.sound.unpack import main


def played(soundfont: Path | None) -> Sound:
    """Each key of the piano, softly and loudly; tones that are held until their samples repeat; strings and drums."""
    font, heard = Synth(3, soundfont), []

    def sound(frames: int) -> None:
        heard.append(np.zeros((frames, 2), np.float32))
        font.write(heard[-1])

    for channel, preset in enumerate(((0, 0), (0, 48), (DRUM_BANK, 0))):
        font.send((0.0, "program", channel, *preset))
        for key in range(21, 109):
            for velocity in (30, 70, 110):
                font.send((0.0, "on", channel, key, velocity))
            sound(300)
            for _ in range(3):
                font.send((0.0, "off", channel, key, 0))
    for key in (21, 60, 100):
        font.send((0.0, "on", 0, key, 127))
    sound(15 * SAMPLE_RATE)
    font.close()
    return np.concatenate(heard)


def test_it_sounds_the_same_and_is_preferred(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    as_packed = played(SOUNDFONT)
    monkeypatch.setattr("sys.prefix", str(tmp_path))
    monkeypatch.setattr(synth, "_soundfont", synth._soundfont.__wrapped__)
    assert synth._soundfont() == SOUNDFONT
    main()
    assert synth._soundfont() == unpacked_path() and unpacked_path().parent == tmp_path / "encore"
    assert [path.name for path in unpacked_path().parent.iterdir()] == [unpacked_path().name], "no half a file is left"
    assert np.abs(played(None) - as_packed).max() < 1e-5 < 0.1 < np.abs(as_packed).max(), "the last of 16 bits at most"
