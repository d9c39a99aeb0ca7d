"""Played and Reading ↔ bytes, to send between processes: msgpack, with arrays as raw little-endian numbers."""

from typing import Any

import msgspec
import numpy as np

from generation.music.played import Played
from generation.music.reading import Reading


def pack_played(played: Played) -> bytes:
    return _encoder.encode(played)


def unpack_played(data: bytes) -> Played:
    return _played.decode(data)


def pack_reading(reading: Reading) -> bytes:
    return _encoder.encode(reading)


def unpack_reading(data: bytes) -> Reading:
    return _readings.decode(data)


def _plain(value: Any) -> bytes:
    """An array's numbers as bytes. Raises NotImplementedError for any other value."""
    if isinstance(value, np.ndarray):
        return np.asarray(value, value.dtype.newbyteorder("<")).tobytes()
    raise NotImplementedError(f"{type(value).__name__} does not travel")


def _array(kind: Any, data: Any) -> Any:
    """The (n,) array that `_plain` packed, given its field's type, such as NDArray[np.float64]."""
    (number,) = kind.__args__[1].__args__
    return np.frombuffer(data, np.dtype(number).newbyteorder("<"))


_encoder = msgspec.msgpack.Encoder(enc_hook=_plain)
_played = msgspec.msgpack.Decoder(Played, dec_hook=_array)
_readings = msgspec.msgpack.Decoder(Reading, dec_hook=_array)
