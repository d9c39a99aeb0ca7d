"""Melody and Reading ↔ bytes, to travel between processes: msgpack, arrays as raw little-endian numbers."""

from dataclasses import fields
from typing import Any

import msgspec
import numpy as np

from generation.music.clock import Tempo
from generation.music.key import Key
from generation.music.melody import Melody, Part, Reading, Written
from generation.request import Words

FLOATS, INTS = ("onset", "duration"), ("pitch", "velocity")


def pack_melody(melody: Melody) -> bytes:
    return msgspec.msgpack.encode(_plain(melody))


def unpack_melody(data: bytes) -> Melody:
    return _melody(msgspec.msgpack.decode(data))


def pack_reading(reading: Reading) -> bytes:
    plain = {
        "melody": _plain(reading.melody),
        "source": reading.source,
        "original": [_plain(part) for part in reading.original],
        "program": reading.program,
    }
    return msgspec.msgpack.encode(plain)


def unpack_reading(data: bytes) -> Reading:
    plain = msgspec.msgpack.decode(data)
    original = tuple(_part(part) for part in plain["original"])
    source = msgspec.convert(plain["source"], Words)
    return Reading(_melody(plain["melody"]), source, original, plain["program"])


def _plain(music: Melody | Part) -> dict[str, Any]:
    plain: dict[str, Any] = {}
    for field in fields(music):
        value = getattr(music, field.name)
        if field.name in FLOATS:
            value = np.asarray(value, "<f8").tobytes()
        elif field.name in INTS:
            value = np.asarray(value, "<i8").tobytes()
        elif isinstance(value, Written):
            value = [np.asarray(array, "<f8").tobytes() for array in (value.late, value.duration)]
        plain[field.name] = value
    return plain


def _arrays(plain: dict[str, Any]) -> dict[str, Any]:
    floats = {name: np.frombuffer(plain[name], "<f8") for name in FLOATS}
    return {**plain, **floats, **{name: np.frombuffer(plain[name], "<i8") for name in INTS}}


def _melody(plain: dict[str, Any]) -> Melody:
    key, metre, written = plain["key"], plain["metre"], plain["written"]
    rest = {
        "tempo": tuple(Tempo(**mark) for mark in plain["tempo"]),
        "key": Key(**key) if key else None,
        "metre": (metre[0], metre[1]) if metre else None,
        "written": Written(*(np.frombuffer(each, "<f8") for each in written)) if written else None,
    }
    return Melody(**{**_arrays(plain), **rest})


def _part(plain: dict[str, Any]) -> Part:
    return Part(**{**_arrays(plain), "pedal": tuple((quarter, value) for quarter, value in plain["pedal"])})
