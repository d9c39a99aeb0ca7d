"""A recording that is played on: the MP3 begins with the recording itself, in time, in tune and as loud as the rest."""

import io

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from generation.finish.sound.master import loudness
from generation.music.played import Played
from generation.music.reading import Reading
from generation.play.asked import Prompt
from generation.request import Refusal, Request, Take
from generation.serve.echo import again
from generation.serve.listen import listen
from generation.serve.rendering import answer, make
from tests.hostile_sounds import encoded, hummed

TUNE = [62, 66, 69, 66, 67, 71, 74, 71, 69, 66, 64, 62]
RATE = 44_100


def asked(sound: NDArray[np.float64], rate: int = 48_000, **options: object) -> Request:
    data = encoded(sound, "WAV", "PCM_16", rate)
    return Request(**{"data": data, "filename": "voice.wav", "formats": ("mp3",), **options})  # type: ignore[arg-type]


def answered(request: Request) -> tuple[Reading, Played, Take]:
    reading = listen(request)
    assert reading is not None
    whole = again(Prompt(reading.melody))
    return reading, whole, make(request, reading, whole, 0)


def heard(take: Take) -> NDArray[np.float32]:
    """(frames, 2) at 44.1 kHz, without LAME's padding."""
    samples, rate = soundfile.read(io.BytesIO(take.files["mp3"]), dtype="float32", always_2d=True)
    assert rate == RATE and abs(len(samples) / RATE - take.seconds) < 0.1
    return np.asarray(samples)


def pitch(sound: NDArray[np.float32]) -> float:
    """MIDI, by the strongest partial below 600 Hz."""
    power = np.abs(np.fft.rfft(sound * np.hanning(len(sound)), 1 << 18))
    return float(69 + 12 * np.log2(np.argmax(power[: 600 * (1 << 18) // RATE]) * RATE / (1 << 18) / 440))


@pytest.mark.parametrize(("rate", "gain"), [(48_000, 1.0), (16_000, 0.02), (22_050, 0.3)])
def test_the_mp3_begins_with_the_recording_itself(rate: int, gain: float) -> None:
    silence = np.zeros(rate)  # a second that is not waited for
    sung = gain * hummed([p + 0.3 for p in TUNE], rate=rate)
    _, _, take = answered(asked(np.concatenate([silence, sung, silence]), rate, recording=True))
    sound = heard(take).mean(axis=1)
    for i, due in enumerate(TUNE[:6]):
        begin = 0.3 + 0.4 * i
        assert abs(pitch(sound[round((begin + 0.1) * RATE) : round((begin + 0.3) * RATE)]) - due - 0.3) < 0.15
    seam = round(take.new_from * RATE)
    stereo = heard(take)
    assert 0.3 + 0.4 * len(TUNE) - 0.05 <= take.new_from <= 0.3 + 0.4 * len(TUNE) + 1
    assert abs(loudness(stereo[:seam]) - loudness(stereo[seam:])) < 2, "neither begins with a jump"
    assert np.abs(np.diff(sound[seam - 2_000 : seam - 50])).max() < 0.1, "no click where it ends"


@pytest.mark.parametrize("sharp", [-0.4, 0.3])
def test_the_new_music_is_in_tune_with_the_recording(sharp: float) -> None:
    """The stand-in for a model repeats the tune: its first tone sounds as high as the singer's."""
    tune = [62] * 12
    _, whole, take = answered(asked(hummed([p + sharp for p in tune]), recording=True))
    sound = heard(take).mean(axis=1)
    first, clock = next(part.notes for part in whole.song.parts), whole.song.clock
    at = int(np.searchsorted(first.onset, whole.since))
    begin = take.new_from + clock.second(float(first.onset[at])) - clock.second(whole.since)
    tone = sound[round((begin + 0.1) * RATE) : round((begin + 0.35) * RATE)]
    assert first.pitch[at] == 62 and abs((pitch(tone) - 62 - sharp + 6) % 12 - 6) < 0.1, "in any octave"


def test_a_part_of_a_recording_is_the_part_that_is_asked_for() -> None:
    sung = hummed(TUNE * 3, 0.5)
    reading, whole, take = answered(asked(sung, recording=True, last_bars=2))
    assert take.new_from < reading.melody.seconds / 2
    sound, clock = heard(take).mean(axis=1), reading.melody.clock
    onsets = clock.seconds(reading.line.onset)
    seam = whole.song.clock.second(whole.since)
    for onset, due in [*zip(onsets, reading.line.pitch, strict=True)][-3:]:  # counted back from the seam
        at = take.new_from - (seam - float(onset))
        assert abs(pitch(sound[round((at + 0.1) * RATE) : round((at + 0.3) * RATE)]) - due) < 0.2


def test_the_new_part_alone_leaves_the_recording_out() -> None:
    _, _, take = answered(asked(hummed(TUNE), recording=True, only_new=True))
    assert take.new_from == 0.0 and take.seconds < 9


def test_notes_have_no_recording_to_begin_with() -> None:
    request = Request(data=b"X:1\nK:D\nDFAF dfaf|gfed cABc|\n", filename="a.abc", recording=True)
    with pytest.raises(Refusal, match="no recording"):
        listen(request)
    with pytest.raises(Refusal, match="no recording"):
        listen(Request(data=request.data, filename="a.abc", octave=1))


@pytest.mark.parametrize(("by", "offered"), [(-24, (1,)), (0, ()), (14, (-1,))])
def test_another_octave_is_offered_where_it_is_likely(by: int, offered: tuple[int, ...]) -> None:
    request = asked(hummed([p + by for p in TUNE]))
    reading, whole, take = answered(request)
    assert answer(request, reading, whole, [take]).octaves == offered
    for octave in offered:
        meant, whole, _ = answered(asked(hummed([p + by for p in TUNE]), octave=octave))
        assert meant.line.pitch.tolist() == [p + by + 12 * octave for p in TUNE]
        assert meant.song.parts[0].notes.pitch.tolist() == meant.line.pitch.tolist()
        assert meant.song.recorded is not None and -octave in meant.song.recorded.octaves, "the way back"
