"""A prompt → all that is known of a take before its first new row."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from generation.model import band, hearing, tokens
from generation.model.band import (
    BAR,
    CLASSES,
    DURATION,
    FIRST_CHORD,
    FIRST_DRUM,
    PART,
    QUALITIES,
    SINCE,
    SLOTS,
    TICK,
    VALUE,
)  # fmt: skip
from generation.model.encode_band import Piece
from generation.model.encode_song import encode_song
from generation.model.priors import PRIORS, blank_page
from generation.model.tokens import LENGTHS, METRES, TICKS, Ints
from generation.music.clock import Tempo
from generation.music.key import Key
from generation.music.notes import Notes
from generation.music.song import Part, Song, tempo_at
from generation.play.advance import ending
from generation.play.band.beside import Beside
from generation.play.band.ensembles import DRUMS, ENSEMBLES, WITH_CHORDS
from generation.play.band.limits import Limits, beginning, clash_share, limits
from generation.play.band.state import AT, FAR, SIZE, WIDTH, ears_of
from generation.play.constraints import unusual
from generation.play.length import wished
from generation.play.loops.compiled import Whole
from generation.play.session import MAJOR_THIRD, MINOR_THIRD, random_stream
from generation.request import STYLES

LONGEST_INPUT = 1024  # rows that the model is shown
LONGEST_STEP = 96  # ticks that can be stepped exactly
LONGEST_RUN = 16  # onsets that may repeat the one before, at least
CLASH, CLASHING = 4.0, 0.06  # nats, the cost of a clash; the share of clashes in music in which they cost nothing
MAJOR = (0, 5, 7)  # pitch classes of the tonics, transposed, whose triads are major: Ionian, Lydian, Mixolydian
OBEY = {"chords": 12_000, "bass": 12_000, "pad": 12_000, "second": 5_000, "other": 5_000, "lead": 1_500}
MOST_GIVEN = 12_288  # rows
NOTHING_GIVEN = np.array([[0, SLOTS, *[0] * (len(CLASSES) - 2), 0, FAR]])
NOBODY = Notes(np.zeros(0), np.zeros(0), np.zeros(0, np.int64), np.zeros(0, np.int64))


@dataclass(frozen=True, eq=False)
class BandPrompt:
    """What one take should be: the song to continue, or None for a fresh piece, and how.

    seconds            length of the new music, unless `bars` says it in bars
    band               of a fresh piece: a name in `ENSEMBLES`
    key, tempo, metre  of a fresh piece; tempo in quarter notes a minute
    open_end           cut the music off when the time is up, instead of bringing it to a close
    beside             instead of all that is said of the song: what stays, and who plays beside it
    attempt            number of takes of this seed that were discarded because they copied a training score
    """

    song: Song | None = None
    seconds: float = 20.0
    bars: int = 0
    temperature: float = 0.9
    top_p: float = 0.97
    seed: int = 0
    style: str = "auto"
    band: str = "piano"
    key: Key | None = None
    tempo: float | None = None
    metre: tuple[int, int] | None = None
    open_end: bool = False
    beside: Beside | None = None
    attempt: int = 0


@dataclass(frozen=True, eq=False)
class Plan:
    """A take before its first new row, the same for all takes of a song.

    song        the given song; of a fresh piece, with parts that have no notes
    piece       the song as the model sees it, whole
    rows, heard the last rows of it, and what is heard at them
    given       (rows, heads + 2) rows that are taken as they are, see `loops.given`
    table       (WIDTH,) the state, see `State`
    tempo       quarters a minute of the new music
    """

    song: Song
    piece: Piece
    rows: Ints
    heard: Ints
    given: Ints
    table: Ints
    limits: Limits
    begin: int
    goal: int
    wished: int
    tempo: float
    beside: Beside | None = None


def plan(prompt: BandPrompt, priors: Mapping[str, Any] = PRIORS) -> Plan:
    """The plan of a prompt. Raises `Refusal` for a key that is none."""
    if prompt.beside:
        return _beside(prompt, prompt.beside)
    song = prompt.song
    if song is None or not any(len(part.notes) for part in song.parts):
        song = blank_song(prompt, priors)
    piece = encode_song(song, prompt.style if prompt.style in STYLES else "auto")
    if not piece.slots:
        piece = _declared(song, piece, prompt.band in WITH_CHORDS)
    every = piece.encoded.rows
    table = np.zeros(WIDTH, np.int64)
    heard = hearing.listen(every, piece.encoded.heading, ears_of(table))
    rows, given = every[-LONGEST_INPUT:], every[1:]
    felt = int(every[-1, BAR]) or 4 * TICKS
    mark = int(every[-1, TICK] - every[-1, SINCE])
    bounds = limits(given, piece.encoded.heading, felt, mark)
    for i, slot in piece.slots.items():  # a note may be longer than the longest class
        sounds = int(np.ceil(song.parts[i].notes.end * TICKS))
        bounds.free[slot] = sounds if sounds > bounds.free[slot] + TICKS else bounds.free[slot]
    begin, latest = beginning(given, bounds.free, bounds.kind, felt, mark) if len(given) else (0, 0)
    tempo = tempo_at(song, song.end)
    asked = wished(tempo, int(every[-1, BAR]) / TICKS, prompt.seconds, prompt.bars)
    last, goal = (int(each[0]) for each in ending(*(torch.tensor([x]) for x in (latest, asked, mark, every[-1, BAR]))))
    last = max(last, latest + TICKS)
    goal = max(goal, last + TICKS)
    _write(table, piece, bounds, begin, latest, FAR if prompt.open_end else last, goal)
    return Plan(song, piece, rows, heard[-LONGEST_INPUT:], NOTHING_GIVEN, table, bounds, begin, goal, asked, tempo)


def _beside(prompt: BandPrompt, beside: Beside) -> Plan:
    """The plan of a band that plays beside what is given."""
    song = beside.primed
    piece = encode_song(song, prompt.style if prompt.style in STYLES else "auto")
    every, heading = piece.encoded.rows, piece.encoded.heading
    begin = round((beside.since + beside.lead_in) * TICKS)
    past = piece.beginning(int(np.searchsorted(every[1:, TICK], begin)))
    held = np.array([slot for i, slot in piece.slots.items() if i in beside.given] + [0] * bool(song.chords))
    ahead = every[len(past.encoded.rows) :]
    ahead = ahead[np.isin(ahead[:, PART], held)]
    table = np.zeros(WIDTH, np.int64)
    heard = hearing.listen(past.encoded.rows, heading, ears_of(table))
    now = past.encoded.rows[-1]
    felt, mark = int(now[BAR]) or 4 * TICKS, int(now[TICK] - now[SINCE])
    bounds = limits(past.encoded.rows[1:], heading, felt, mark)
    for i, (low, high) in beside.ranges.items():
        slot = piece.slots[i]
        bounds.low[slot], bounds.high[slot] = (min(max(0, each + piece.shift), FIRST_DRUM - 1) for each in (low, high))
    for values, given in (
        (bounds.single, 0),
        (bounds.most, hearing.ROOM),
        (bounds.free, 0),
        (bounds.eager, 0),
        (bounds.usual, 0),
    ):
        values[held] = given
    last, goal = _close(ahead, felt, mark, begin)
    ahead = ahead[(ahead[:, PART] > 0) | (ahead[:, VALUE] < FIRST_CHORD - 1) | (ahead[:, TICK] <= last)]
    _write(table, past, bounds, begin, FAR, last, goal)
    table[AT.tick] = now[TICK]
    table[AT.most_rows] = bounds.together + len(held)
    table[AT.given + held] = 1
    table[AT.under + np.array([piece.slots[i] for i in beside.under], np.int64)] = 1
    obeyed(table, heading, ahead)
    return Plan(
        song,
        piece,
        past.encoded.rows[-LONGEST_INPUT:],
        heard[-LONGEST_INPUT:],
        as_given(ahead),
        table,
        bounds,
        begin,
        goal,
        goal - begin,
        tempo_at(song, song.end),
        beside,
    )


def _close(ahead: Ints, bar: int, mark: int, begin: int) -> tuple[int, int]:
    """The tick where the closing notes begin beside given rows, and the one where they end."""
    played = ahead[ahead[:, VALUE] < FIRST_CHORD - 1]
    if not len(played):
        return begin + TICKS, begin + TICKS + bar
    last, end = int(played[-1, TICK]), int((played[:, TICK] + LENGTHS[played[:, DURATION]]).max())
    if end - last < TICKS:  # it does not come to rest by itself: hold from the last half of a bar on
        half = bar // 2 if bar % (2 * TICKS) == 0 or bar == 3 * TICKS // 1 else bar
        last = max(begin, last - (last - mark) % half)
    return last, max(end, last + TICKS)


def obeyed(table: Ints, heading: Ints, ahead: Ints) -> None:
    """Write into a take's table how much each part keeps to the chords, and that it closes on the last of them."""
    for role, cost in OBEY.items():
        table[AT.obey + np.flatnonzero(heading[:, 0] == band.ROLES.index(role) + 1)] = cost
    leads = np.flatnonzero(heading[:, 0] == band.ROLES.index("lead") + 1)
    table[AT.leading] = leads[0] if len(leads) else SLOTS
    chords = ahead[ahead[:, VALUE] >= FIRST_CHORD, VALUE]
    if len(chords):
        quality, root = divmod(int(chords[-1]) - FIRST_CHORD, 12)
        minor = QUALITIES[quality] in ("min", "min7", "dim", "hdim7", "dim7", "min6")
        table[[AT.tonic, AT.third]] = root, MINOR_THIRD if minor else MAJOR_THIRD
    if len(ahead):
        table[[AT.next_tick, AT.next_part]] = ahead[0, [TICK, PART]]


def as_given(ahead: Ints) -> Ints:
    """Rows (n, len(FIELDS)) that are given, as loops take them."""
    ahead = ahead[: MOST_GIVEN - 1]
    mark = ahead[:, TICK] - ahead[:, SINCE]
    for i in range(1, len(ahead)):  # a bar of another length has no lines of its own
        mark[i] = mark[i] if ahead[i, BAR] == ahead[0, BAR] else mark[i - 1]
    return np.concatenate([np.column_stack([ahead[:, : band.ARTICULATION + 1], mark, ahead[:, TICK]]), NOTHING_GIVEN])


def _write(row: Whole, piece: Piece, bounds: Limits, begin: int, latest: int, last: int, goal: int) -> None:
    """Write the state before the first new row into a take's row; its ears are there already."""
    every, given = piece.encoded.rows, piece.encoded.rows[1:]
    bar, tonic = int(every[-1, BAR]), int(piece.conditions[2]) - 1
    known: dict[str, Any] = {
        "tick": max(int(every[-1, TICK]), latest - LONGEST_STEP),
        "before_part": -1,
        "before_value": band.VALUES,
        "count": len(given),
        "most_rows": bounds.together,
        "begin": begin,
        "latest": latest,
        "last": last,
        "goal": goal,
        "mark": every[-1, TICK] - every[-1, SINCE],
        "bar": bar,
        "line": bar or 4 * TICKS,
        "longest_rest": bounds.step,
        "tonic": max(tonic, 0),
        "third": MAJOR_THIRD if max(tonic, 0) in MAJOR else MINOR_THIRD,
        "clash": 1000 * CLASH * max(0.0, 1 - clash_share(given) / CLASHING),
        "longest_same": max(LONGEST_RUN, 2 * bounds.run),
        "lowest": SLOTS,
        "next_missing": SLOTS,
        "next_tick": FAR,
        "next_part": SLOTS,
        "unusual": unusual(given[:, TICK]),
        "first": -1,
    }
    for name in ("kind", "low", "high", "single", "most", "free", "longest", "eager", "usual"):
        known[name] = getattr(bounds, name)
    known["recent"] = bounds.usual
    for name, value in known.items():
        at = getattr(AT, name)
        row[at : at + getattr(SIZE, name)] = value


def blank_song(prompt: BandPrompt, priors: Mapping[str, Any] = PRIORS) -> Song:
    """A song without notes, of the band, key, metre and tempo that were asked for, or else those usual in its style."""
    rng = random_stream(prompt.seed, "blank page")
    style = prompt.style if prompt.style in priors else "pop"
    page = blank_page(priors[style], rng, prompt.key, prompt.tempo, prompt.metre)
    parts = tuple(
        Part(NOBODY, player.program, player.name, drums=player.program is DRUMS, role=player.role)
        for player in ENSEMBLES[prompt.band]
    )
    return Song(
        parts,
        tempo=(Tempo(0.0, page.tempo[0].quarters_per_minute),),
        metres=((0.0, page.metre or (4, 4)),),
        keys=((0.0, page.key or Key("C", "major")),),
    )


def _declared(song: Song, piece: Piece, chords: bool) -> Piece:
    """The piece with a slot for each part of a song without notes, in the song's order, as played; `chords`: and one
    for its harmony."""
    heading = np.zeros((SLOTS, 4), np.int64)
    if chords:
        heading[0] = band.HARMONY + 1, band.NO_FAMILY, 0, 0
    slots = {}
    for i, part in enumerate(song.parts[: SLOTS - chords]):
        slots[i] = i + chords
        family = band.NO_FAMILY if part.program is None else part.program // 8
        heading[slots[i]] = band.ROLES.index(part.role) + 1, family, 1, 1
    key, (beats, unit) = song.keys[0][1], song.metres[0][1]
    shift = tokens.shift_of(key)
    conditions = piece.conditions.copy()
    conditions[1] = METRES.index((beats, unit)) + 1 if (beats, unit) in METRES else 0
    conditions[2] = (key.pitch_class + shift) % 12 + 1
    rows = piece.encoded.rows.copy()
    rows[:, BAR] = round(beats * 4 / unit * TICKS)
    encoded = replace(piece.encoded, rows=rows, heading=heading)
    return replace(piece, encoded=encoded, conditions=conditions, slots=slots, shift=shift)


def uniforms(seed: int, attempt: int, rows: int, heads: int) -> NDArray[np.float32]:
    """(rows, heads) a take's random numbers."""
    return random_stream(seed, "band", attempt).random((rows, heads), np.float32)
