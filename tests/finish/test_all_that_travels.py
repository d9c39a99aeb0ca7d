"""The MIDI that comes back begins with the input, event for event, as another program reads both."""

import io
import re
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import mido
import numpy as np

from generation.finish.piece import Piece
from generation.finish.take import finish
from generation.finish.write_midi import write_midi
from generation.music.key import Key
from generation.music.notes import COLUMNS
from generation.music.reading import Reading
from generation.play.asked import Prompt
from generation.play.entry import around
from generation.read.file import read
from generation.request import Request
from generation.serve.echo import again
from generation.serve.pack import pack_reading, unpack_reading
from tests.listening import RATE, decibels, decode
from tests.tunes import scale, song_of

ROOT = Path(__file__).parents[2]
TUNE = [60, 62, 64, 65, 67, 65, 64, 62] * 4
Told = list[tuple[float, str]]


def band() -> bytes:
    """Four tracks: a lead that bends and fades, chords by an organ and then strings, a bass, drums with a soft kit."""
    file = mido.MidiFile(ticks_per_beat=480)

    def track(name: str, channel: int, events: list[tuple[int, Any]]) -> None:
        line = mido.MidiTrack([mido.MetaMessage("track_name", name=name)])
        now = 0
        for tick, message in sorted(events, key=lambda event: event[0]):
            line.append(message.copy(time=tick - now, **({} if message.is_meta else {"channel": channel})))
            now = tick
        file.tracks.append(line)

    def say(kind: str, **values: Any) -> Any:
        return mido.Message(kind, **values)

    def strike(tick: int, lasts: int, pitch: int, velocity: int = 80) -> list[tuple[int, Any]]:
        return [(tick, say("note_on", note=pitch, velocity=velocity)), (tick + lasts, say("note_off", note=pitch))]

    meta = mido.MetaMessage
    signs = [
        (0, meta("set_tempo", tempo=500_000)),
        (0, meta("time_signature", numerator=4, denominator=4)),
        (0, meta("key_signature", key="D")),
        (3840, meta("set_tempo", tempo=600_000)),
        (7680, meta("time_signature", numerator=3, denominator=4)),
        (7680, meta("key_signature", key="Bm")),
        (3840, meta("marker", text="Chorus")),
    ]
    track("A song", 0, signs)
    lead = [event for i, pitch in enumerate(TUNE) for event in strike(i * 480, 400, pitch, 70 + i)]
    lead += [(0, say("program_change", program=65)), (0, say("control_change", control=7, value=90))]
    lead += [(960 + i * 60, say("pitchwheel", pitch=i * 512)) for i in range(8)] + [(1500, say("pitchwheel", pitch=0))]
    lead += [(i * 480, say("control_change", control=11, value=127 - i)) for i in range(32)]
    lead += [(i * 480, meta("lyrics", text=f"la{i}")) for i in range(32)]
    track("Melody", 0, lead)
    chords = [event for i in range(8) for pitch in (48, 52, 55) for event in strike(i * 1920, 1800, pitch)]
    chords += [(0, say("control_change", control=0, value=8)), (0, say("control_change", control=32, value=0))]
    chords += [(1, say("program_change", program=16)), (7680, say("program_change", program=48))]
    chords += [(0, say("control_change", control=10, value=30)), (480, say("control_change", control=64, value=127))]
    chords += [(1900, say("control_change", control=64, value=0)), (0, say("control_change", control=91, value=70))]
    track("Chords", 3, chords)
    low = [event for i in range(16) for event in strike(i * 960, 900, 36 + i % 5)]
    track("Bass", 1, [(0, say("program_change", program=33)), *low])
    hits = [event for i in range(64) for event in strike(i * 240, 60, (36, 42, 38, 42)[i % 4], 60 + i)]
    track("Drums", 9, [(0, say("program_change", program=40)), *hits])
    stream = io.BytesIO()
    file.save(file=stream)
    return stream.getvalue()


def told(data: bytes) -> dict[str, Told]:
    """What a file says, by mido: per kind and channel, (quarter, values) in order."""
    file = mido.MidiFile(file=io.BytesIO(data))
    found: dict[str, Told] = {}
    for line in file.tracks:
        tick = 0
        for message in line:
            tick += message.time
            quarter = round(tick / file.ticks_per_beat, 4)
            values = message.dict()
            kind = values.pop("type")
            values.pop("time")
            if message.is_meta:
                if kind == "time_signature":  # clicks say nothing of the music
                    values = {name: values[name] for name in ("numerator", "denominator")}
                if kind not in ("track_name", "end_of_track", "text"):
                    found.setdefault(kind, []).append((quarter, str(sorted(values.items()))))
                continue
            channel = values.pop("channel")
            if kind == "note_off" or (kind == "note_on" and not message.velocity):
                kind, values = "note_off", {"note": message.note}
            key = f"{kind} {channel}" + (f" {values['control']}" if kind == "control_change" else "")
            found.setdefault(key, []).append((quarter, str(sorted(values.items()))))
    return {kind: sorted(events) for kind, events in found.items()}


def answered(data: bytes, name: str = "band.mid", *formats: str) -> tuple[Reading, dict[str, bytes]]:
    """The reading, and the files of its continuation: the same tune once more."""
    reading = unpack_reading(pack_reading(read(data, name)))
    whole = again(Prompt(reading.melody, beside=around(reading.song)))
    take = finish(reading, whole, Request(data=data, formats=formats or ("mid",)), 1)
    return reading, take.files


def test_everything_comes_back_as_it_went_in() -> None:
    data = band()
    reading, files = answered(data)
    before, after = told(data), told(files["mid"])
    end = reading.song.end
    for kind, events in before.items():
        if kind == "key_signature":  # believed as far as the notes agree
            continue
        known = [event for event in after.get(kind, []) if event[0] <= end]
        missing = [event for event in events if event not in known]
        if kind == "program_change 3":  # banks stand before programs, which may come a tick earlier
            missing = [event for event in missing if event[0] > 0.01]
        assert not missing, (kind, missing[:3])
        if kind.startswith("note_on"):
            assert [event for event in known if event[0] < end] == events, kind
    assert len(after["note_on 9"]) == 64
    assert len(after["note_on 0"]) == 2 * len(TUNE)


def test_the_new_part_is_as_loud_as_its_player_and_at_rest() -> None:
    reading, files = answered(band())
    begin = round(max(quarter for quarter, _ in told(files["mid"])["program_change 0"]), 4)
    after = told(files["mid"])
    assert begin >= reading.song.end - 4
    assert (begin, str(sorted({"control": 7, "value": 90}.items()))) in after["control_change 0 7"]
    expression = [event for event in after["control_change 0 11"] if event[0] == begin]
    assert expression and "('value', 112)" in expression[0][1], "half of the notes were louder, half softer"
    assert (begin, "[('pitch', 0)]") in after["pitchwheel 0"]


def test_drums_are_heard() -> None:
    data = band()
    _, files = answered(data, "band.mid", "mp3")
    file = mido.MidiFile(file=io.BytesIO(data))
    file.tracks = [line for line in file.tracks if line.name != "Drums"]
    stream = io.BytesIO()
    file.save(file=stream)
    _, without = answered(stream.getvalue(), "band.mid", "mp3")
    both = decode(files["mp3"]), decode(without["mp3"])
    gain = np.dot(both[0][: 6 * RATE].ravel(), both[1][: 6 * RATE].ravel()) / np.square(both[1][: 6 * RATE]).sum()
    assert decibels(both[0][: 6 * RATE] - gain * both[1][: 6 * RATE]) > decibels(both[0][: 6 * RATE]) - 15


def test_a_muted_track_is_neither_the_melody_nor_heard() -> None:
    data = (ROOT / "tests/data/cases/m13-muted-track.mid").read_bytes()
    reading, files = answered(data, "m13.mid")
    assert reading.part == 0 and reading.line.pitch[:4].tolist() == [64, 64, 65, 67]
    assert (0.0, "[('control', 7), ('value', 0)]") in told(files["mid"])["control_change 2 7"]


def test_drums_go_to_their_channel_and_nobody_else_does() -> None:
    """Wherever a file has them: other programs know them there alone."""
    reading = read(band(), "band.mid")
    song = reading.song
    elsewhere = [replace(part, channel={10: 11, 4: 10}.get(part.channel, part.channel)) for part in song.parts]
    written = told(write_midi(Piece(replace(song, parts=tuple(elsewhere)), reading.melody)))
    assert len(written["note_on 9"]) == 64 and all("note', 48" not in values for _, values in written["note_on 9"])
    assert sum(kind.startswith("note_on") for kind in written) == 4


def test_metres_and_keys_stand_at_their_bars() -> None:
    melody = scale(40)
    metres = ((0.0, (4, 4)), (9.0, (2, 4)), (11.0, (6, 8)))
    keys = ((0.0, Key("C", "major")), (9.0, Key("F#", "minor")))
    song = replace(song_of(melody), metres=metres, keys=keys, pickup=1.0)
    written = told(write_midi(Piece(song, melody)))
    found = [(quarter, [int(word) for word in re.findall(r"\d+", said)]) for quarter, said in written["time_signature"]]
    assert found == [(0.0, [4, 1]), (1.0, [4, 4]), (9.0, [4, 2]), (11.0, [8, 6])]
    assert written["key_signature"] == [(0.0, "[('key', 'C')]"), (9.0, "[('key', 'F#m')]")]


def test_a_reading_survives_the_way_between_processes() -> None:
    before = read(band(), "band.mid")
    after = unpack_reading(pack_reading(before))
    assert (after.part, after.source, after.why) == (before.part, before.source, before.why)
    assert after.line.pitch.tolist() == before.line.pitch.tolist() and after.melody.tempo == before.melody.tempo
    for field in fields(before.song):
        if field.name != "parts":
            assert getattr(after.song, field.name) == getattr(before.song, field.name), field.name
    for there, here in zip(after.song.parts, before.song.parts, strict=True):
        assert [getattr(there, field.name) for field in fields(here) if field.name != "notes"] == [
            getattr(here, field.name) for field in fields(here) if field.name != "notes"
        ]
        assert all((getattr(there.notes, name) == getattr(here.notes, name)).all() for name in COLUMNS)
