"""Which part is the tune: the parts of a song in words, to choose from, and the part that was chosen."""

from collections.abc import Sequence

from generation.music.key import Key
from generation.music.song import Part, Song
from generation.music.sounds import SOUNDS
from generation.music.spell import key_of, named
from generation.request import Refusal, Words


def described(song: Song) -> tuple[Words, ...]:
    """Each part that plays tones, in the order of their numbers: its name, its sound, its range and its notes."""
    key = key_of(song)
    return tuple(_about(part, key) for part in song.pitched)


def _about(part: Part, key: Key) -> Words:
    sound = Words(SOUNDS[part.program or 0])
    low, high = (named(int(pitch), key) for pitch in (part.notes.pitch.min(), part.notes.pitch.max()))
    return Words(
        "{name} ({sound}), {low} to {high}, {count} note",
        "{name} ({sound}), {low} to {high}, {count} notes",
        name=part.name or part.place or sound, sound=sound, low=low, high=high, count=len(part.notes),
    )  # fmt: skip


def chosen(song: Song, wanted: str) -> Part:
    """The part with this number, counted from 1 among those that play tones, or else with this name. Raises `Refusal`
    if there is none."""
    parts, said = song.pitched, " ".join(wanted.split()).casefold()
    if said.isdecimal() and 1 <= int(said) <= len(parts):
        return parts[int(said) - 1]
    names = [(part.name or str(part.place)).casefold() for part in parts]
    for fits in (said.__eq__, lambda name: name.startswith(said), lambda name: said in name):
        if found := _first(parts, [bool(said and fits(name)) for name in names]):
            return found
    numbered = tuple(
        Words("{number} {name}", number=str(number), name=part.name or part.place or SOUNDS[part.program or 0])
        for number, part in enumerate(parts, 1)
    )
    raise Refusal("No part of this file is called “{name}”. It has: {parts}.", name=wanted[:40], parts=numbered)


def _first(parts: Sequence[Part], fit: Sequence[bool]) -> Part | None:
    return next((part for part, fits in zip(parts, fit, strict=True) if fits), None)
