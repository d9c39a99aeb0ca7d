"""Unwrap a file inside another one: gzip, or a zip archive with one file of notes in it."""

import io
import zipfile
import zlib
from pathlib import PurePath

from generation.request import ENDINGS, Refusal

MAX_BYTES = 5_000_000  # unpacked
WRAPPERS = (".zip", ".gz")
SCORES = (".xml", ".musicxml")  # these make an archive a compressed score, which has a reader of its own
MAX_MEMBERS = 1_000


def unwrapped(data: bytes) -> bytes:
    """The inner file; `data` itself if there is no wrapper, or only that of a compressed score. Never unpacks more than
    the limit. Raises `Refusal`."""
    if data[:3] == b"\x1f\x8b\x08":
        return _gunzipped(data)
    if data[:4] == b"PK\x03\x04":
        return _unzipped(data)
    return data


def _gunzipped(data: bytes) -> bytes:
    try:
        unpacked = zlib.decompressobj(wbits=31).decompress(data, MAX_BYTES + 1)
    except zlib.error as error:
        raise Refusal("This .gz file cannot be unpacked: it is damaged. Send the file that is in it.") from error
    return _limited(unpacked)


def _unzipped(data: bytes) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()[:MAX_MEMBERS]
            endings = [PurePath(name.lower()).suffix for name in names]
            if any(ending in SCORES for ending in endings):
                return data
            found = [
                name
                for name, ending in zip(names, endings, strict=True)
                if ending in ENDINGS and ending not in WRAPPERS and not name.startswith("__MACOSX")
            ]
            if tunes := [name for name in found if not name.lower().endswith(".txt")]:  # any texts are about them
                found = tunes
            if len(found) > 1:
                raise Refusal("There are {count} music files in this zip file. Send one of them.", count=len(found))
            if not found:
                return data
            with archive.open(found[0]) as member:
                unpacked = member.read(MAX_BYTES + 1)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError, ValueError) as error:
        raise Refusal(
            "This zip file cannot be unpacked: it is damaged or locked. Send the file that is in it."
        ) from error
    return _limited(unpacked)


def _limited(unpacked: bytes) -> bytes:
    if len(unpacked) > MAX_BYTES:
        raise Refusal(
            "Unpacked, this file has more than {limit} bytes, which is the limit. Send a shorter piece.",
            limit=MAX_BYTES,
        )
    return unpacked
