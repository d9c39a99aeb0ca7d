"""A full score → the rows that the model learns from and continues."""

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from generation.model import band, tokens
from generation.model.band import NO_FAMILY, ROLES, SLOTS
from generation.model.full_score import FullScore, Reals
from generation.model.tokens import TICKS, Ints
from generation.music.key import find_key
from generation.request import STYLES

KEYS = 24  # major and minor keys among which `find_key` chooses
TOGETHER = 0.04  # quarters: played notes that begin within this time are one chord


@dataclass(frozen=True, eq=False)
class Piece:
    """An encoded score.

    conditions  (C,) as `band_lstm.CONDITIONS`
    shift       semitones by which its pitches are transposed
    told        nats that naming the key costs, if it was estimated from the notes; otherwise 0
    complete    whether it reaches the end of the score
    slots       index of a part → its slot; parts without a slot are left out

    An estimated key depends on the notes to be predicted, so it must not come for free. Naming one of 24 keys costs
    log 24 nats; with these added, the nats of the transposed rows are an honest upper bound for the piece.
    """

    encoded: band.Encoded
    conditions: Ints
    shift: int
    told: float = 0.0
    complete: bool = True
    slots: dict[int, int] = field(default_factory=dict)

    def beginning(self, rows: int) -> "Piece":
        """The piece cut off after its start row and `rows` more rows."""
        first = replace(self.encoded, rows=self.encoded.rows[: rows + 1])
        return replace(self, encoded=first, complete=len(first.rows) == len(self.encoded.rows))


def encode(score: FullScore, style: str = "auto", keyed: bool = True) -> Piece:
    """Encode a score. Without `keyed`, it is not transposed and its key counts as unknown."""
    slots, order = _slots(score)
    tones = np.isin(score.part, order)
    onset, duration, pitch = score.onset[tones], score.duration[tones], score.pitch[tones]
    part = np.array([slots.get(i, 0) for i in range(len(score.parts))])[score.part[tones]]
    heading = np.zeros((SLOTS, 4), np.int64)
    for i in order:
        about = score.parts[i]
        heading[slots[i]] = ROLES.index(about.role) + 1, about.family, about.timing, about.dynamics
    if score.chords:
        heading[0] = band.HARMONY + 1, NO_FAMILY, 0, 0
    drum = band.kinds(heading)[part] == 1
    key = score.key
    told = 0.0
    if keyed and key is None and (~drum).sum() >= 6:
        key, told = find_key(pitch[~drum], duration[~drum]), float(np.log(KEYS))
    shift = tokens.shift_of(key) if keyed else 0
    timed, shaded = heading[part, 2] > 0, heading[part, 3] > 0
    late = None if score.late is None else score.late[tones]
    tick, written, expression = _written(onset, duration, part, timed, late, score.loose)
    expression[:, 0] = np.where(shaded, score.velocity[tones] // 4, expression[:, 0])
    value = np.where(drum, band.drum_value(np.clip(pitch, 0, 127)), np.clip(pitch + shift, 0, 127))
    written = np.where(drum, 0, written)
    if score.chords:
        when = np.round(np.array([quarter for quarter, _ in score.chords]) * TICKS).astype(np.int64)
        chord = np.array([chord for _, chord in score.chords])
        tick, part = np.concatenate([tick, when]), np.concatenate([part, np.zeros_like(when)])
        moved = band.FIRST_CHORD + (chord - band.FIRST_CHORD) // 12 * 12 + (chord - band.FIRST_CHORD + shift) % 12
        value = np.concatenate([value, np.where(chord == band.NO_CHORD, chord, moved)])
        written = np.concatenate([written, np.zeros_like(when)])
        flat = [tokens.FLAT[name] for name in ("velocity", "deviation", "articulation")]
        expression = np.concatenate([expression, np.tile(flat, (len(when), 1))])
    bars = [(round(quarter * TICKS), round(bar * TICKS)) for quarter, bar in score.bars]
    rows = band.rows_of(np.maximum(tick, 0), part, value, written, expression, bars)
    end = int((tick + written).max(initial=0))
    metre = tokens.METRES.index(score.metre) + 1 if score.metre in tokens.METRES else 0
    tonic = (key.pitch_class + shift) % 12 + 1 if key and keyed else 0
    tempo = tokens.tempo_class(score.tempo) if score.tempo else 0
    conditions = np.array([list(STYLES).index(style), metre, tonic, tempo], np.int64)
    return Piece(band.Encoded(rows, heading, end), conditions, shift, told, slots=slots)


def _slots(score: FullScore) -> tuple[dict[int, int], list[int]]:
    """Part → slot, and the parts in order of their slots: the lead, the others from high to low, drums. If there are
    too many parts, those with the most notes get slots."""
    room = SLOTS - bool(score.chords)
    size = np.bincount(score.part, minlength=len(score.parts))
    keep = [int(i) for i in np.argsort(-size, kind="stable")[:room] if size[i]]
    mean = np.bincount(score.part, score.pitch, minlength=len(score.parts)) / np.maximum(size, 1)

    def place(i: int) -> tuple[int, float]:
        return {"lead": 0, "drums": 2}.get(score.parts[i].role, 1), -float(mean[i])

    order = sorted(keep, key=place)
    return {part: slot + bool(score.chords) for slot, part in enumerate(order)}, order


def _written(
    onset: Reals, duration: Reals, part: Ints, timed: NDArray[np.bool_], late: Reals | None, loose: bool
) -> tuple[Ints, Ints, Ints]:
    """Onsets and durations (n,) in ticks as a copyist would write them, and classes of expression (n, 3)."""
    expression = np.tile([tokens.FLAT[name] for name in ("velocity", "deviation", "articulation")], (len(onset), 1))
    tick = np.round(onset * TICKS).astype(np.int64)
    if timed.any():
        if late is None:
            tick = np.where(timed, _on_grid(onset), tick)
            late = onset - tick / TICKS
        expression[:, 1] = np.where(timed, np.clip(np.round(late / tokens.DEVIATION_UNIT), -20, 20) + 20, 20)
    written = np.maximum(1, np.round(duration * TICKS).astype(np.int64))
    if loose:
        written = _as_written(tick, written, part)
        ratio = np.clip(np.round(duration * TICKS / written * 10), 1, tokens.ARTICULATIONS).astype(np.int64) - 1
        expression[:, 2] = np.where(timed, ratio, expression[:, 2])
    return tick, written, expression


def _on_grid(onset: Reals) -> Ints:
    """(n,) ticks for played onsets (n,) in quarters; each beat gets the division that fits its onsets best, and notes
    that are struck together stay together."""
    ticks = np.zeros(len(onset), np.int64)
    order = np.argsort(onset, kind="stable")
    chords = np.split(order, np.flatnonzero(np.diff(onset[order]) > TOGETHER) + 1)
    middle = [float(onset[chord].mean()) for chord in chords]
    start = 0
    while start < len(chords):
        beat, stop = int(np.floor(middle[start])), start
        while stop < len(chords) and np.floor(middle[stop]) == beat:
            stop += 1
        found = tokens.places([middle[i] - beat for i in range(start, stop)])
        for i, place in zip(range(start, stop), found, strict=True):
            ticks[chords[i]] = beat * TICKS + place
        start = stop
    return ticks


def _as_written(tick: Ints, sounding: Ints, part: Ints) -> Ints:
    """(n,) written durations in ticks: until the part's next onset if a note sounds for most of that time, otherwise
    rounded."""
    rounded = np.maximum(3, np.round(sounding / 3).astype(np.int64) * 3)
    for each in np.unique(part):
        here = part == each
        places, index = np.unique(tick[here], return_inverse=True)
        gap = np.diff(places, append=np.iinfo(np.int64).max // 4)[index]
        near = (sounding[here] > 0.5 * gap) & (sounding[here] < 1.15 * gap)
        rounded[here] = np.where(near, gap, rounded[here])
    return rounded
