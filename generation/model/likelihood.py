"""How well the model predicts each note of a tune from all notes before it, in nats."""

from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray

from generation.model import tokens
from generation.model.loaded import LoadedModel
from generation.model.tokens import FIELDS, PITCH
from generation.music.melody import with_line
from generation.music.song import Song
from generation.request import STYLES

HEADS = ("step", "pitch", "duration", "velocity", "deviation", "articulation")
CHUNK = 512  # notes in one pass through the model
ENOUGH = 8  # notes that suffice to tell whether timing and dynamics were played


@dataclass(frozen=True)
class Nats:
    """Mean surprise in nats per note, over `notes` notes.

    onset     step and deviation
    duration  written duration and articulation
    velocity  None if the dynamics were not played
    total     the sum of all four
    """

    notes: int
    onset: float
    pitch: float
    duration: float
    velocity: float | None
    total: float


def score(loaded: LoadedModel, melody: Song, from_seconds: float = 0.0, alone: bool = False) -> Nats:
    """The nats of the notes that start at or after `from_seconds`, given all notes before them or, if `alone`, none.

    Nothing is learned from the notes to be predicted. The style is unknown, and so is a key that the file does not
    state: the model's predictions under each possibility are mixed, weighted by how well each predicted the notes so
    far (Bayes' rule).
    """
    first = int(np.searchsorted(melody.clock.seconds(melody.line.onset), from_seconds - 1e-6))
    if first >= len(melody.line):
        return Nats(0, 0.0, 0.0, 0.0, None, 0.0)
    if alone:
        timed, shaded = _played(melody, first)
        nats, shaded = surprise(loaded, _without(melody, first), 0, timed, shaded)
    else:
        nats, shaded = surprise(loaded, melody, first)
    step, pitch, duration, velocity, deviation, articulation = nats.mean(0)
    return Nats(
        notes=len(nats),
        onset=float(step + deviation),
        pitch=float(pitch),
        duration=float(duration + articulation),
        velocity=float(velocity) if shaded else None,
        total=float(nats.sum(1).mean()),
    )


@torch.inference_mode()
def surprise(
    loaded: LoadedModel, melody: Song, first: int = 0, timed: bool | None = None, shaded: bool | None = None
) -> tuple[NDArray[np.float64], bool]:
    """(notes, len(HEADS)) the nats of the notes from index `first` on, 0 for expression that was not played; and
    whether the dynamics were played. `timed` and `shaded` say whether timing and dynamics were; None decides by the
    notes."""
    heard, notes = _played(melody, first), len(melody.line)
    timed, shaded = heard[0] if timed is None else timed, heard[1] if shaded is None else shaded
    versions = _versions(melody, timed, shaded)
    rows = torch.from_numpy(np.stack([rows for rows, _ in versions])).to(loaded.device)
    conditions = torch.from_numpy(np.stack([condition for _, condition in versions])).to(loaded.device)
    model, state = loaded.model, None
    unknown = torch.full(rows.shape[:2], tokens.UNKNOWN_COUNTDOWN, device=loaded.device)
    chance = np.zeros((len(versions), notes, len(HEADS)))
    for start in range(0, notes, CHUNK):  # so that time and memory grow with the length, not its square
        now = slice(start, min(start + CHUNK, notes))
        x, state = model(rows[:, now], conditions, unknown[:, now], state)
        following = rows[:, start + 1 : now.stop + 1].flatten(0, 1)
        logits = model.logits(x.flatten(0, 1), following, conditions.repeat_interleave(x.shape[1], 0))
        for i, head in enumerate(HEADS):
            if (head == "velocity" and not shaded) or (head in ("deviation", "articulation") and not timed):
                continue
            said = torch.log_softmax(logits[head].float(), -1)
            told = said.gather(1, following[:, FIELDS.index(head), None])[:, 0]
            chance[:, now, i] = told.view(len(versions), -1).cpu().numpy()
    # log P(all fields so far) under the mixture; the surprise of a field is the amount by which it lowers this.
    so_far = np.logaddexp.reduce(chance.reshape(len(versions), -1).cumsum(1) - np.log(len(versions)), 0)
    nats = -np.diff(so_far, prepend=0.0).reshape(notes, len(HEADS))
    return nats[first:], shaded


def _played(melody: Song, first: int) -> tuple[bool, bool]:
    """Whether timing and dynamics were played, judged by the notes before index `first` or, if they are too few, by all
    notes."""
    before = melody.line[:first] if first >= ENOUGH else melody.line
    return tokens.is_timed(before), tokens.is_shaded(before)


def _without(melody: Song, first: int) -> Song:
    """The notes from index `first` on, from the bar line before them."""
    bar = melody.bar or 1.0
    line = melody.downbeat + np.floor((melody.line.onset[first] - melody.downbeat) / bar + 1e-6) * bar
    line = max(0.0, float(line))
    alone = replace(melody, tempo=melody.clock.since(line), pickup=0.0)
    return with_line(alone, melody.line[first:].later(-line))


def _versions(melody: Song, timed: bool, shaded: bool) -> list[tuple[tokens.Ints, tokens.Ints]]:
    """(rows, conditions) of the melody under each possibility: every style if its key is stated, else every
    transposition."""
    if melody.key is not None:
        every = [tokens.encode(melody, style, timed=timed, shaded=shaded) for style in STYLES]
        return [(encoded.rows, encoded.conditions) for encoded in every]
    plain = tokens.encode(melody, timed=timed, shaded=shaded, keyless=True)
    versions = []
    for shift in range(-6, 6):
        rows = plain.rows.copy()
        rows[1:, PITCH] = np.clip(rows[1:, PITCH] + shift, 0, 127)
        versions.append((rows, plain.conditions))
    return versions
