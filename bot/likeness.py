"""Which requests ask for the same take: so that a seed brings it back from its notes, whichever machine plays."""

import hashlib
from dataclasses import fields
from pathlib import Path

import msgspec

from generation.request import STYLES, Request

# Fields that decide how a take is shown, or which one it is, but not its notes. Of a file name only the ending counts.
BESIDES = {
    *("data", "filename", "seed", "takes", "arithmetic", "wholes"),
    *("formats", "mp3_bytes", "stems", "only_new", "last_bars", "recording"),
}


def names(request: Request) -> list[str]:
    """A name for each take of a request: the same wherever the same notes are asked for, and for nothing else. Empty
    for a style of an admin's own, which may have been trained again, and where a part of a take is played again."""
    if request.style not in STYLES or request.redo:
        return []
    said = [
        (field.name, getattr(request, field.name))
        for field in fields(request)
        if field.name not in BESIDES and getattr(request, field.name) != field.default
    ]
    ending = Path(request.filename).suffix.lower()
    made = hashlib.sha256(msgspec.json.encode([sorted(said), request.data is None, ending]) + (request.data or b""))
    return [f"{made.hexdigest()[:32]} {request.seed + take}" for take in range(request.takes)]
