"""All parts go on: the input event for event, then each part in its own track, as loud and pedalled as before."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from generation.finish.sound.render import render
from generation.finish.take import finish
from generation.music.notes import Notes
from generation.music.played import Played
from generation.music.reading import Reading
from generation.music.song import SUSTAIN, Part, Song
from generation.read.file import read
from generation.request import Request, Take
from tests.finish.test_all_that_travels import band, told
from tests.listening import RATE, decibels, decode, midi_notes, midi_tracks
from tests.tunes import going_on, head, part_of, reading_of, scale

CASES = Path(__file__).parents[1] / "data/cases"


def once_more(song: Song, softer: float = 1.0, rests: tuple[int, ...] = ()) -> Played:
    """The song played twice, from a bar line after its end on; parts of the indices `rests` rest the second time."""
    beats, unit = song.metre or (4, 4)
    bar = beats * 4 / unit
    since = song.downbeat + np.ceil((song.end - song.downbeat) / bar - 1e-6) * bar
    first = min(float(part.notes.onset[0]) for part in song.parts if len(part.notes))

    def twice(part: Part) -> Part:
        again = part.notes.later(since - first)
        soft = np.maximum(np.round(again.velocity * softer), 1)
        return replace(part, notes=part.notes.then(replace(again, velocity=soft)))

    parts = [part if i in rests else twice(part) for i, part in enumerate(song.parts)]
    return Played(replace(song, parts=tuple(parts)), float(since))


def answered(reading: Reading, played: Played, *formats: str, only_new: bool = False) -> Take:
    return finish(reading, played, Request(data=b"x", formats=formats or ("mid",), only_new=only_new), 1)


def chords(bars: int = 8, pitches: tuple[int, ...] = (48, 55, 64, 72)) -> Notes:
    """A chord on every bar of 4/4, shorter than the bar."""
    n = len(pitches)
    return Notes(
        np.repeat(np.arange(bars) * 4.0, n), np.full(bars * n, 1.5), np.tile(pitches, bars), np.full(bars * n, 80)
    )


def pedal(bars: int = 8) -> tuple[tuple[float, int, int], ...]:
    """Down in each bar, up at the next."""
    return tuple((bar * 4 + at, SUSTAIN, value) for bar in range(bars) for at, value in ((0.1, 127), (3.95, 0)))


def test_the_input_stays_and_every_part_goes_on_in_its_own_track() -> None:
    data = band()
    reading = read(data, "band.mid")
    played = once_more(reading.song, rests=(1,))
    take = answered(reading, played)
    before, after = told(data), told(take.files["mid"])
    for kind, events in before.items():
        if kind.startswith(("note_on", "pitchwheel", "control_change")):
            assert [event for event in after[kind] if event[0] < played.since][: len(events)] == events, kind
    assert take.notes == sum(len(events) for kind, events in before.items() if kind.startswith("note_on")) - 24
    _, tracks = midi_tracks(take.files["mid"])
    assert len(tracks) == 5
    for track, part in zip(tracks[1:], played.song.parts, strict=True):
        notes = midi_notes(track)
        assert sorted(note[2] for note in notes) == sorted(part.notes.pitch.tolist())
        assert len({note[4] for note in notes}) == 1
    volume = [event for event in after["control_change 0 7"] if event[0] >= played.since]
    assert volume == [(played.since, "[('control', 7), ('value', 90)]")]
    assert (played.since, "[('pitch', 0)]") in after["pitchwheel 0"]
    assert [event for event in after["program_change 3"] if event[0] >= played.since] == []  # it rests


def test_only_the_new_music_begins_at_once() -> None:
    reading = read(band(), "band.mid")
    take = answered(reading, once_more(reading.song), "mid", "mp3", only_new=True)
    after = told(take.files["mid"])
    assert min(events[0][0] for kind, events in after.items() if kind.startswith("note_on")) == 0.0
    assert len(after["note_on 9"]) == 64 and take.new_from == 0.0
    assert np.abs(decode(take.files["mp3"])[: RATE // 3]).max() > 0.01


def test_a_key_that_is_held_into_the_seam_is_let_go_when_it_is_struck() -> None:
    held = Notes([0.0, 2.0], [2.0, 4.0], [60, 64], [80, 80])
    reading = reading_of(scale(8), 0, part_of(held))
    lead = reading.song.parts[1]
    parts = (
        part_of(held.then(Notes([4.0], [1.0], [64], [80]))),
        replace(lead, notes=lead.notes.then(lead.notes.later(4.0))),
    )
    take = answered(reading, Played(replace(reading.song, parts=parts), 4.0))
    _, tracks = midi_tracks(take.files["mid"])
    assert [(on / 960, off / 960) for on, off, *_ in midi_notes(tracks[1])] == [(0, 2), (2, 4), (4, 5)]


def test_a_silenced_part_stays_silent() -> None:
    reading = read((CASES / "m13-muted-track.mid").read_bytes(), "m13.mid")
    played = once_more(reading.song)
    take = answered(reading, played)
    assert (played.since, "[('control', 7), ('value', 0)]") in told(take.files["mid"])["control_change 2 7"]


@pytest.mark.parametrize("program", [0, 19], ids=["piano", "organ"])
def test_a_pianist_who_pedalled_pedals_on_with_the_harmony(program: int) -> None:
    reading = reading_of(scale(64), 73, part_of(chords(), program, controls=pedal()))
    played = once_more(reading.song)
    changed = replace(played, song=replace(played.song, chords=((32.0, "C"), (36.0, "F"), (38.0, "G"))))
    _, tracks = midi_tracks(answered(reading, changed).files["mid"])
    new = [
        (tick / 960, event.parameter2)
        for tick, event in tracks[1]
        if event.type.name == "CONTROLLER_CHANGE" and event.parameter1 == SUSTAIN and tick >= 32 * 960
    ]
    if program == 19:
        assert new == [(32.0, 0)]
        return
    assert [at for at, value in new if value == 0][:3] == [32.0, 36.0, 38.0]  # nothing begins in the second half
    downs = [at for at, value in new if value]
    assert downs[:2] == pytest.approx([32.2, 36.2], abs=0.01)
    assert len(downs) == 8 and all(before != after for (_, before), (_, after) in pairwise(new[1:4]))
    assert new[-1][1] == 0


def test_without_a_pedal_before_there_is_none_after() -> None:
    reading = reading_of(scale(64), 73, part_of(chords(), 0))
    assert not any("control_change" in kind for kind in told(answered(reading, once_more(reading.song)).files["mid"]))


def test_the_level_stays_at_the_seam() -> None:
    reading = read(band(), "band.mid")
    played = once_more(reading.song, softer=0.55)
    take = answered(reading, played, "mp3")
    sound, seam = decode(take.files["mp3"]), round(take.new_from * RATE)
    assert abs(decibels(sound[seam : seam + 10 * RATE]) - decibels(sound[seam - 10 * RATE : seam])) <= 3.3


def test_music_that_is_as_loud_as_before_is_left_as_it_is() -> None:
    song = read(band(), "band.mid").song
    played = once_more(song)
    new = [replace(p, notes=p.notes[len(q.notes) :]) for p, q in zip(played.song.parts, song.parts, strict=True)]
    together, as_played = (render((*song.parts, *new), song.clock, 4, together=each) for each in (True, False))
    assert (together == as_played).all()


def test_a_melody_is_finished_as_ever() -> None:
    """Beside other parts too, byte for byte: the files do not depend on those of the band."""
    whole = scale(32)
    reading = reading_of(head(whole, 16), 73, part_of(chords(2), 48, "Strings"))
    first, second = (finish(reading, going_on(whole, 16), Request(data=b"x", formats=("mid",)), 1) for _ in range(2))
    assert first.files == second.files
    _, tracks = midi_tracks(first.files["mid"])
    assert [note[2] for note in midi_notes(tracks[2])] == whole.line.pitch.tolist()


def test_paper_has_all_parts() -> None:
    """MusicXML whatever they are; ABC and the picture as far as they can be read."""
    low = Notes(np.arange(8) * 2.0, np.full(8, 2.0), np.tile([36, 43], 4), np.full(8, 80))
    reading = reading_of(scale(32), 73, part_of(chords(4), 0, "Piano"), part_of(low, 33, "Bass"))
    played = once_more(reading.song)
    take = answered(reading, played, "abc", "musicxml", "png")
    expected = sorted(int(pitch) for part in played.song.parts for pitch in part.notes.pitch)
    for name in ("abc", "musicxml"):
        back = read(take.files[name], f"a.{name}").song
        assert sorted(int(pitch) for part in back.parts for pitch in part.notes.pitch) == expected, name
    assert take.files["png"].startswith(b"\x89PNG")
    many = replace(reading.song, parts=(*reading.song.parts, *reading.song.parts[:2]))
    whole = once_more(many)
    take = answered(replace(reading, song=many), whole, "abc", "musicxml", "png")
    assert len(read(take.files["abc"], "a.abc").song.parts) == 1
    assert len(read(take.files["musicxml"], "a.musicxml").song.parts) == 5


def hostile() -> dict[str, Song]:
    """Songs that are hard to finish."""
    tune, plain = scale(16), part_of(scale(16), 0)
    hits = part_of(
        Notes(np.arange(16) * 0.5, np.full(16, 0.1), np.tile([36, 42], 8), np.full(16, 90)), drums=True, channel=10
    )
    parts = {
        "a part without notes": (plain, part_of(head(tune, 0), 33)),
        "sixteen parts": tuple(part_of(tune, 5 * i) for i in range(16)),
        "drums alone": (hits,),
        "a note of three minutes": (plain, part_of(Notes([0.0], [360.0], [40], [80]), 48)),
        "all at one tick": (part_of(Notes(np.zeros(40), np.ones(40), np.arange(40) + 40, np.full(40, 80))), plain),
    }
    base = reading_of(tune, 0).song
    songs = {name: replace(base, parts=some) for name, some in parts.items()}
    return songs | {
        "no metre": replace(base, metres=()),
        "a pickup": replace(base, pickup=1.0, parts=(plain, hits)),
    }


@pytest.mark.parametrize("name", hostile())
def test_hostile_songs(name: str) -> None:
    song = hostile()[name]
    reading = Reading(song, scale(16))
    played = once_more(song)
    paper = ("mid", "abc", "musicxml", "png")
    formats = (*paper, "mp3") if song.end < 30 else paper
    take = answered(reading, played, *formats)
    count = sum(len(part.notes) for part in song.parts)
    after = told(take.files["mid"])
    assert take.notes == count == sum(len(v) for k, v in after.items() if k.startswith("note_on")) - count
    assert "mp3" not in formats or decibels(decode(take.files["mp3"])) > -40
    fresh = finish(None, replace(played, since=0.0), Request(formats=("mid",)), 1)
    assert fresh.notes == 2 * count and fresh.new_from == 0.0
