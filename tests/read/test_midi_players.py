"""One part for one player, however many channels and tracks a file gives them; and how drums are recognised."""

from pathlib import Path

import pytest

from generation.music.song import Part, Song
from generation.read.file import read
from generation.read.midi import read_midi
from tests.hostile_bytes import TUNE, midi, notes, number, track

CASES = Path(__file__).parents[1] / "data/cases"
ODE = [64, 64, 65, 67, 67, 65]
BASS = track(notes([40, 43] * 4, channel=15))
# Kick, snare and hi-hat, as a drummer strikes them: (eighth, keys).
BEAT = [(i, ((36,) if i % 4 == 0 else (38,) if i % 4 == 2 else ()) + (42,)) for i in range(16)]


def song_of(name: str) -> Song:
    return read((CASES / name).read_bytes(), name).song


def named(words: str) -> bytes:
    return b"\x00\xff\x03" + number(len(words.encode())) + words.encode()


def dealt(channels: list[int], pitches: list[int] = TUNE * 4) -> bytes:
    """A tune whose notes are dealt out to channels in turn."""
    return b"".join(notes([pitch], 240, channels[i % len(channels)]) for i, pitch in enumerate(pitches))


def beat(channel: int) -> bytes:
    """The events of a drummer."""
    out = b""
    for _, keys in BEAT:
        out += b"".join(bytes((0, 0x90 | channel, key, 90)) for key in keys)
        out += b"".join(number(0 if i else 240) + bytes((0x80 | channel, key, 0)) for i, key in enumerate(keys))
    return out


def pitches(part: Part) -> list[int]:
    return part.notes.pitch.tolist()


@pytest.mark.parametrize("name", ["m10-mpe.mid", "m12-guitarpro-two-channels.mid"])
def test_a_player_on_several_channels(name: str) -> None:
    reading = read((CASES / name).read_bytes(), name)
    assert len(reading.line) == 30 and reading.line.pitch[:6].tolist() == ODE
    assert len(reading.song.parts) == (1 if "mpe" in name else 2)


def test_mpe_without_its_message() -> None:
    """As recorders write it that keep the notes alone: channel 10 among the others."""
    for kind in (0, 1):
        (part,) = read_midi(midi(track(named("Seaboard") + dealt(list(range(1, 16)))), kind=kind)).parts
        assert pitches(part) == TUNE * 4 and not part.drums


def test_mpe_in_its_upper_zone_with_chords() -> None:
    setup = b"\x00\xbf\x65\x00\x00\x64\x06\x00\x06\x04"
    chords = b"".join(
        b"".join(bytes((0, 0x9B + i, pitch + step, 80)) for i, step in enumerate((0, 4, 7)))
        + b"".join(number(0 if i else 480) + bytes((0x8B + i, pitch + step, 0)) for i, step in enumerate((0, 4, 7)))
        for pitch in TUNE
    )
    bent = b"\x00\xeb\x00\x50"
    song = read_midi(midi(track(setup + bent + chords), BASS))
    assert [len(part.notes) for part in song.parts] == [24, 8]
    assert song.parts[0].bends[0][1] == (0x50 << 7) - 8192


def test_a_channel_for_each_string() -> None:
    strings = [(64, 0), (59, 1), (55, 2), (50, 3), (45, 4), (40, 5)]
    programs = b"".join(bytes((0, 0xC0 | channel, 25)) for _, channel in strings)
    strum = b"".join(
        b"".join(bytes((0, 0x90 | channel, pitch, 80)) for pitch, channel in strings)
        + b"".join(number(0 if channel else 480) + bytes((0x80 | channel, pitch, 0)) for pitch, channel in strings)
        for _ in range(8)
    )
    for data in (midi(track(named("Guitar") + programs + strum), BASS), midi(track(programs + strum), kind=0)):
        guitar = read_midi(data).parts[0]
        assert (len(guitar.notes), guitar.program) == (48, 25)


def test_bends_on_a_second_channel() -> None:
    """The bend counts while the second channel plays, and its range is said."""
    bent = (
        b"\x00\xb1\x65\x00\x00\x64\x00\x00\x06\x0c" + b"\x00\xe1\x00\x60" + notes([64], channel=1) + b"\x00\xe1\x00\x40"
    )
    data = midi(track(named("Lead") + (notes(TUNE[:2]) + bent) * 4), BASS)
    part = read_midi(data).parts[0]
    assert pitches(part) == [60, 62, 64] * 4
    assert [bend for _, bend in part.bends][:3] == [4096, 0, 4096]
    assert [quarter for quarter, _ in part.bends][:3] == [2, 3, 5]
    assert (0.0, 6, 12) in part.controls


def test_a_track_for_each_pitch() -> None:
    """As programs for samples write it."""
    tracks = []
    for pitch in sorted(set(TUNE)):
        now, out = 0, b""
        for i, struck in enumerate(TUNE * 2):
            if struck == pitch:
                out += number(480 * i - now) + bytes((0x90, pitch, 80)) + number(480) + bytes((0x80, pitch, 0))
                now = 480 * (i + 1)
        tracks.append(track(named(f"Sample {pitch}") + out))
    reading = read(midi(*tracks, BASS), "module.mid")
    assert reading.line.pitch.tolist() == TUNE * 2
    assert [(len(part.notes), part.name) for part in reading.song.parts] == [(16, "Sample"), (8, "")]
    assert str(reading.source) == "tracks 1 to 8 (Sample)"


def test_a_channel_for_each_pitch() -> None:
    """That of the drums is one of them."""
    scale = list(range(60, 75))
    tracks = [track(number(240 * i) + notes([pitch], 240, i)[1:]) for i, pitch in enumerate(scale)]
    (part,) = read_midi(midi(*tracks)).parts
    assert pitches(part) == scale and not part.drums


def test_voices_of_a_module_that_take_turns() -> None:
    one, other = b"", b""
    for i, pitch in enumerate(TUNE * 2):
        rest, note = number(240), bytes((0x90, pitch, 80)) + number(240) + bytes((0x80, pitch, 0))
        if i % 2:
            other += rest + note
        else:
            one += (rest if i else b"\x00") + note
    assert pitches(read_midi(midi(track(one), track(other), BASS)).parts[0]) == TUNE * 2


def test_players_stay_apart() -> None:
    """Four voices of a choir in a track, two guitars of one file, hands of a piano, a duet of flutes."""
    choir = b"".join(
        b"".join(bytes((0, 0x90 | voice, pitch + step, 80)) for voice, step in enumerate((12, 7, 4, -12)))
        + b"".join(
            number(0 if voice else 480) + bytes((0x80 | voice, pitch + step, 0))
            for voice, step in enumerate((12, 7, 4, -12))
        )
        for pitch in TUNE
    )
    assert len(read_midi(midi(track(choir), BASS)).parts) == 5
    assert len(read_midi(midi(track(choir), kind=0)).parts) == 4
    three = [track(named(name) + notes([pitch] * 16)) for name, pitch in (("Melody", 72), ("Bass", 40), ("Piano", 60))]
    assert len(read_midi(midi(*three)).parts) == 3, "a pitch each, but names of their own"
    duet = midi(
        track(named("Flute 1") + notes(TUNE * 2)), track(named("Flute 2") + notes([p - 3 for p in TUNE] * 2, channel=1))
    )
    assert len(read_midi(duet).parts) == 2


def test_programs_and_controllers_from_another_track() -> None:
    """A setup track that plays nothing counts for the channels it names; a track's own settings count more."""
    setup = track(b"\x00\xc0\x28\x00\xb0\x07\x50\x00\xc1\x20\x00\xb1\x07\x28")
    parts = read_midi(midi(setup, track(notes(TUNE)), track(b"\x00\xc1\x21" + notes([40] * 8, channel=1)))).parts
    assert [part.program for part in parts] == [40, 33]
    assert [part.control(7) for part in parts] == [((0.0, 0x50),), ((0.0, 0x28),)]


def test_drums_in_the_bank_of_xg() -> None:
    song = song_of("m09b-xg-drums-on-11.mid")
    assert [(part.drums, len(part.notes)) for part in song.parts] == [(False, 30), (True, 64)]


def exclusive(data: bytes) -> bytes:
    return b"\x00\xf0" + number(len(data) + 1) + data + b"\xf7"


GS_RESET = exclusive(b"\x41\x10\x42\x12\x40\x00\x7f\x00\x41")


@pytest.mark.parametrize(
    ("setup", "channel", "drums"),
    [
        (exclusive(b"\x41\x10\x42\x12\x40\x1a\x15\x01\x10"), 10, True),  # GS: “use for rhythm part”, part 11
        (exclusive(b"\x41\x10\x42\x12\x40\x10\x15\x00\x1b"), 9, False),  # GS: part 10 plays tones
        (exclusive(b"\x43\x10\x4c\x08\x0a\x07\x02"), 10, True),  # XG: part mode
        (exclusive(b"\x43\x10\x4c\x08\x09\x07\x00"), 9, False),
        (b"\x00\xba\x00\x7f", 10, True),  # XG's bank
        (b"\x00\xba\x00\x78", 10, True),  # GM2's
        (GS_RESET + b"\x00\xba\x00\x7f", 10, False),  # in GS, that bank holds the sounds of the MT-32
        (b"\x00\xb9\x00\x79", 9, False),  # GM2's bank of tones
        (named("Drum Kit"), 2, True),
        (named("Steel Drums"), 2, False),
        (named("Bass"), 2, False),
        (b"", 9, True),
    ],
)
def test_what_makes_a_channel_drums(setup: bytes, channel: int, drums: bool) -> None:
    data = midi(track(notes(TUNE)), track(setup + notes([36, 38, 40, 41] * 2, channel=channel)))
    assert [part.drums for part in read_midi(data).parts] == [False, drums]


def test_the_title_of_a_piece_makes_nobody_a_drummer() -> None:
    """It is the name of the only track, with one player or several."""
    for data in (named("The Drum") + notes(TUNE), named("Snare Song") + notes(TUNE) + notes(TUNE, channel=1)):
        assert not any(part.drums for part in read_midi(midi(track(data), kind=0)).parts)


def test_drums_that_only_their_beat_gives_away() -> None:
    """A drum track on a channel of tones, without a name: kick, snare and hi-hat. A bass line is none."""
    assert [part.drums for part in read_midi(midi(track(notes(TUNE)), track(beat(3)))).parts] == [False, True]
    line = midi(track(notes(TUNE)), track(notes([36, 38, 42, 36] * 4, channel=3)))
    assert [part.drums for part in read_midi(line).parts] == [False, False]


def test_a_muted_part_is_not_the_melody() -> None:
    reading = read((CASES / "m13-muted-track.mid").read_bytes(), "m13.mid")
    assert reading.line.pitch[:6].tolist() == ODE and reading.program == 40
    assert [part.control(7) for part in reading.song.parts] == [((0.0, 110),), ((0.0, 30),), ((0.0, 0),)]


@pytest.mark.parametrize("mute", [b"\x00\xb0\x0b\x00", b"\x00\xb0\x07\x00\x00\xb0\x0b\x7f"])
def test_other_ways_to_mute(mute: bytes) -> None:
    high = track(named("Melody") + mute + notes([pitch + 12 for pitch in TUNE]))
    assert read(midi(high, track(notes(TUNE, channel=1))), "mute.mid").line.pitch.tolist() == TUNE
    fade = track(mute + b"\x00\xb0\x07\x64\x00\xb0\x0b\x64" + notes([pitch + 12 for pitch in TUNE]))
    assert read(midi(fade, track(notes(TUNE, channel=1))), "fade.mid").line.pitch[0] == 72, "turned up before it plays"


def test_what_a_file_says_of_the_sound() -> None:
    setup = (
        b"\x00\xb0\x00\x08\x00\xb0\x20\x01\x00\xc0\x30\x00\xb0\x0a\x20\x00\xb0\x0b\x60\x00\xb0\x40\x7f\x00\xe0\x00\x50"
    )
    (part,) = read_midi(midi(track(setup + notes(TUNE[:4]) + b"\x00\xc0\x31\x00\xb0\x0b\x20" + notes(TUNE[4:])))).parts
    assert (part.bank, part.program, part.programs) == (8 * 128 + 1, 48, ((4.0, 49),))
    assert part.control(10) == ((0.0, 0x20),) and part.control(11) == ((0.0, 0x60), (4.0, 0x20))
    assert part.control(64) == ((0.0, 0x7F),) and part.bends == ((0.0, 2048),)
