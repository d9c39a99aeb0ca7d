"""Which instrument plays: the file's own by its name, whatever it is; where it names none, one that suits the style."""

from dataclasses import replace
from typing import Any

import pytest

from generation.finish.arrange import arrange
from generation.music.sounds import SOUNDS, SUITABLE
from generation.play.asked import Prompt
from generation.read.file import read
from generation.request import INSTRUMENTS, Request
from generation.serve.echo import again
from generation.serve.rendering import answer
from tests.hostile_bytes import midi, notes, track

ABC = b"X:1\nM:4/4\nL:1/4\nK:G\nGABc|dBGB|AFDF|G4|]\n"


def plays(data: bytes, name: str, style: str = "irish", **options: Any) -> tuple[str, int | None, int | None]:
    """What the caption says, and the programs of the input and of the new part."""
    reading = read(data, name)
    whole = replace(again(Prompt(reading.melody)), style=style)
    request = Request(data=data, filename=name, **options)
    song = arrange(reading, whole, request, 1, "").song
    return answer(request, reading, whole).instrument, song.parts[0].program, song.parts[-1].program


def test_every_sound_of_general_midi_has_a_name_of_its_own() -> None:
    assert sorted(SOUNDS) == list(range(128)) and len(set(SOUNDS.values())) == 128
    assert {program: SOUNDS[program] for program in INSTRUMENTS.values()} == {
        n: name for name, n in INSTRUMENTS.items()
    }
    assert all(name in INSTRUMENTS for name, *_ in SUITABLE.values())


@pytest.mark.parametrize(("program", "name"), [(104, "sitar"), (80, "square lead"), (23, "bandoneon"), (0, "piano")])
def test_a_sound_is_announced_as_what_it_is(program: int, name: str) -> None:
    data = midi(track(b"\0" + bytes((0xC0, program)) + notes([60, 62, 64, 65, 67, 65, 64, 62], 480)))
    assert plays(data, "a.mid") == (name, program, program)


def test_where_a_file_names_none_an_instrument_suits_the_style() -> None:
    for style, (name, *_) in SUITABLE.items():
        assert plays(ABC, "a.abc", style) == (name, INSTRUMENTS[name], INSTRUMENTS[name])
    assert plays(ABC, "a.abc", "classical")[0] == plays(ABC, "a.abc", "auto")[0] == "piano"


def test_an_instrument_is_not_asked_for_what_it_cannot_play() -> None:
    low = ABC.replace(b"G4|", b"G,,4|")
    assert plays(low, "a.abc", "irish")[0] == "piano"
    chords = ABC.replace(b"G4|", b"[GBd]4|")
    assert plays(chords, "a.abc", "irish")[0] == "piano", "a flute plays no chords"


def test_what_is_asked_for_is_played() -> None:
    assert plays(ABC, "a.abc", instrument="harp")[0] == "harp"
    data = midi(track(b"\0\xc0\x68" + notes([60, 62, 64, 65], 480)))
    assert plays(data, "a.mid", instrument="harp") == ("harp", 104, 46)
