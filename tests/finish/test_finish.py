"""From a finished melody to files that people hear and see."""

import io

import numpy as np
import pytest
from PIL import Image

from generation.finish.paper.page import INK, NEW, PIXELS
from generation.finish.sound.master import loudness
from generation.finish.take import LINE, finish
from generation.music.clock import Tempo
from generation.music.notes import Notes
from generation.music.song import SUSTAIN, Song
from generation.play.asked import Prompt
from generation.play.entry import around
from generation.request import FORMATS, Request, Take
from generation.serve.echo import again
from tests.listening import RATE, decibels, decode, midi_notes, midi_tracks, score_notes
from tests.tunes import going_on, head, line_of, part_of, performance, reading_of, scale


def pictured(png: bytes) -> tuple[tuple[int, int], int, int]:
    """Size of a picture, and how many of its pixels have the colour of given and of new notes."""
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    pixels = np.asarray(picture).reshape(-1, 3)
    given, new = (np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) for colour in (INK, NEW))
    return (
        picture.size,
        int((np.abs(pixels - given).max(axis=1) < 40).sum()),
        int((np.abs(pixels - new).max(axis=1) < 40).sum()),
    )


def check_sound(take: Take) -> np.ndarray:
    """What every MP3 must be; returns its samples."""
    sound = decode(take.files["mp3"])
    assert len(sound) / RATE == pytest.approx(take.seconds, abs=0.03)
    assert loudness(sound) == pytest.approx(-16, abs=1.5)
    assert 20 * np.log10(np.abs(sound).max()) <= -1.0
    assert np.abs(sound[: round(0.3 * RATE)]).max() > 0.01  # it begins at once
    assert np.abs(sound[:40]).max() < 0.01  # without a click
    assert decibels(sound[-2000:]) < decibels(sound) - 40  # and dies away
    return sound


@pytest.fixture(scope="module")
def played() -> tuple[Song, Take]:
    whole = performance(48)
    return whole, finish(
        reading_of(head(whole, 24)), going_on(whole, 24), Request(data=b"x", temperature=0.7), 99, "A Scale"
    )


def test_a_take_holds_what_was_asked_for(played: tuple[Song, Take]) -> None:
    whole, take = played
    assert tuple(take.files) == FORMATS == ("mp3", *LINE)
    assert (take.seed, take.temperature, take.notes) == (99, 0.7, 24)
    assert take.new_from == pytest.approx(
        whole.clock.second(whole.line.onset[24]) - whole.clock.second(whole.line.onset[0]), abs=0.1
    )
    assert take.seconds > whole.seconds - whole.clock.second(whole.line.onset[0])


def test_the_sound_runs_through_the_seam(played: tuple[Song, Take]) -> None:
    whole, take = played
    sound = check_sound(take)
    for onset in whole.line.onset:
        frame = round((whole.clock.second(onset) - whole.clock.second(whole.line.onset[0]) + 0.05) * RATE)
        assert decibels(sound[frame : frame + 6000]) > -40
    seam = round(take.new_from * RATE)
    assert decibels(sound[seam - RATE // 4 : seam]) > -50
    assert decibels(sound[seam : seam + RATE // 4]) > -35


def test_all_files_tell_the_same_notes(played: tuple[Song, Take]) -> None:
    whole, take = played
    _, tracks = midi_tracks(take.files["mid"])
    assert [note[2] for note in midi_notes(tracks[1])] == whole.line.pitch.tolist()
    for kind in ("abc", "musicxml"):
        assert [pitch for *_, pitch in score_notes(take.files[kind].decode(), kind)] == whole.line.pitch.tolist()


def test_the_picture_shows_both(played: tuple[Song, Take]) -> None:
    (width, height), given, new = pictured(played[1].files["png"])
    assert width == PIXELS
    assert 400 < height < 1300
    assert given > 2000
    assert new > 2000


def test_only_the_new_part() -> None:
    whole = performance(48)
    take = finish(reading_of(head(whole, 24)), going_on(whole, 24), Request(data=b"x", only_new=True), 1)
    sound = check_sound(take)
    assert take.new_from == 0.0
    assert len(sound) / RATE < whole.clock.second(whole.end) - whole.clock.second(whole.line.onset[24]) + 6
    _, tracks = midi_tracks(take.files["mid"])
    notes = midi_notes(tracks[1])
    assert [note[2] for note in notes] == whole.line.pitch[24:].tolist()
    assert [note[3] for note in notes] == whole.line.velocity[24:].tolist()
    assert np.allclose(np.diff([note[0] for note in notes]), np.diff(whole.line.onset[24:]) * 960, atol=1)
    assert notes[0][0] < 960
    assert [pitch for *_, pitch in score_notes(take.files["abc"].decode(), "abc")] == whole.line.pitch[24:].tolist()
    assert pictured(take.files["png"])[2] == 0


def test_a_polyphonic_input_sounds_as_it_was_and_the_melody_goes_on() -> None:
    whole = scale(32)
    struck = Notes(np.repeat(np.arange(4) * 2.0, 3), np.full(12, 2.0), np.tile([48, 52, 55], 4), np.full(12, 70))
    chords = part_of(struck, 48, "Strings", controls=((0.0, SUSTAIN, 0),))
    take = finish(reading_of(head(whole, 16), 73, chords), going_on(whole, 16), Request(data=b"x"), 1)
    check_sound(take)
    _, tracks = midi_tracks(take.files["mid"])
    assert sorted(note[2] for note in midi_notes(tracks[1])) == sorted(struck.pitch.tolist())
    assert [note[2] for note in midi_notes(tracks[2])] == whole.line.pitch.tolist()
    alone = finish(reading_of(head(whole, 16), 73), going_on(whole, 16), Request(data=b"x", formats=("mp3",)), 1)
    difference = decode(take.files["mp3"])[: 3 * RATE] - decode(alone.files["mp3"])[: 3 * RATE]
    assert decibels(difference) > -40  # the chords are heard


def test_the_new_part_waits_for_an_input_that_goes_on() -> None:
    given = scale(8)  # the tune ends after 4 quarters, its accompaniment after 14
    chords = part_of(Notes(np.arange(14.0), np.full(14, 1.0), np.full(14, 48), np.full(14, 70)), 0, "Piano")
    reading = reading_of(given, 0, chords)
    whole = again(Prompt(given, beside=around(reading.song)))
    take = finish(reading, whole, Request(data=b"x", formats=("mp3", "mid")), 1)
    _, tracks = midi_tracks(take.files["mid"])
    notes = midi_notes(tracks[2])
    assert [note[0] / 960 for note in notes[:8]] == whole.song.line.onset[:8].tolist()
    assert [note[0] / 960 for note in notes[8:]] == (given.line.onset + 14).tolist()
    assert take.new_from == pytest.approx(14 * 0.6 + 0.05, abs=0.01)


def test_the_wished_instrument_plays_the_new_part_alone() -> None:
    whole = scale(16)
    request = Request(data=b"x", instrument="violin", formats=("mp3", "mid"))
    piano = finish(reading_of(head(whole, 8), 0), going_on(whole, 8), request, 1)
    silent_about_it = finish(reading_of(head(whole, 8)), going_on(whole, 8), request, 1)
    heard = decode(piano.files["mp3"]), decode(silent_about_it.files["mp3"])
    assert decibels(heard[0][:RATE] - heard[1][:RATE]) > -45  # a piano here, a violin there


@pytest.mark.parametrize("pitch", [20, 60, 96])
def test_one_note_in_one_note_out(pitch: int) -> None:
    whole = line_of([0.0, 1.0], [1.0, 1.0], [pitch, pitch], [60, 110])
    take = finish(reading_of(head(whole, 1)), going_on(whole, 1), Request(data=b"x"), 0)
    check_sound(take)
    assert take.notes == 1
    assert pictured(take.files["png"])[0][0] == PIXELS


def test_a_fresh_piece() -> None:
    whole = performance(40)
    take = finish(None, going_on(whole, 0), Request(formats=("png", "mp3", "abc")), 5, "Fresh")
    check_sound(take)
    assert tuple(take.files) == ("png", "mp3", "abc")
    assert (take.new_from, take.notes) == (0.0, 40)
    _, given, new = pictured(take.files["png"])
    assert given > 2000  # one colour where there is nothing to tell apart
    assert new == 0


def test_without_sound_it_is_quick_and_says_how_long() -> None:
    whole = scale(32)
    timings: dict[str, float] = {}
    take = finish(
        reading_of(head(whole, 16)), going_on(whole, 16), Request(data=b"x", formats=("mid", "abc")), 5, timings=timings
    )
    assert set(take.files) == set(timings) == {"mid", "abc"}
    assert whole.seconds < take.seconds < whole.seconds + 0.2  # it slows down to its end


def test_three_minutes() -> None:
    notes = 840
    rng = np.random.default_rng(3)
    onset = np.cumsum(rng.choice([0.25, 0.5, 0.5, 1.0], notes))
    pitch = 60 + np.abs((np.cumsum(rng.integers(-3, 4, notes)) % 40) - 20)
    whole = line_of(onset, np.full(notes, 0.4), pitch, rng.integers(40, 110, notes), (Tempo(0, 150),), (4, 4))
    assert whole.seconds - whole.clock.second(whole.line.onset[60]) > 165
    take = finish(reading_of(head(whole, 60)), going_on(whole, 60), Request(data=b"x", formats=("mp3", "png")), 1)
    check_sound(take)
    (_, height), given, new = pictured(take.files["png"])
    assert height < 2400
    assert given > 1000
    assert new > 1000


def test_free_playing_is_drawn_as_a_piano_roll() -> None:
    rng = np.random.default_rng(5)
    notes = 400
    onset = np.cumsum(rng.gamma(2.0, 0.13, notes))
    whole = line_of(onset, rng.uniform(0.05, 0.5, notes), rng.integers(45, 90, notes), rng.integers(30, 100, notes))
    take = finish(reading_of(head(whole, 200)), going_on(whole, 200), Request(data=b"x", formats=("png",)), 1)
    picture = np.asarray(Image.open(io.BytesIO(take.files["png"])).convert("RGB"))
    lanes = (picture == 0xF3).all(axis=2).sum()
    assert lanes > 0.1 * picture.shape[0] * picture.shape[1]
