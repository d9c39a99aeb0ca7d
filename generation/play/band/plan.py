"""A prompt → all that is known about a take before its first new row."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

from generation.model import band, hearing, tokens
from generation.model.band import BAR, SINCE, SLOTS, TICK
from generation.model.encode_band import Piece
from generation.model.encode_song import encode_song
from generation.model.priors import PRIORS, blank_page
from generation.model.tokens import METRES, TICKS, Ints
from generation.music.chart import Chords, on_bars
from generation.music.clock import Tempo
from generation.music.key import Key
from generation.music.metre import bar_length, stated_beat
from generation.music.song import Part, Song, bar_marks, tempo_at
from generation.play.asked import BandPrompt
from generation.play.band.accompanists import SILENCE
from generation.play.band.ahead import NOTHING_GIVEN, as_given, basses, chord_rows, obeyed
from generation.play.band.beside import Beside
from generation.play.band.ensembles import ENSEMBLES, WITH_CHORDS
from generation.play.band.limits import Limits, beginning, clash_share, limits
from generation.play.band.state import AT, FAR, SIZE, WIDTH, ears_of
from generation.play.chance import random_stream
from generation.play.constraints import unusual
from generation.play.decode_step import ending
from generation.play.length import wished
from generation.play.loops.compiled import Whole
from generation.play.plan import MAJOR_THIRD, MINOR_THIRD
from generation.request import STYLES

LONGEST_INPUT = 1024  # rows at the end of the input that the model is shown
LONGEST_STEP = 96  # ticks: longer steps have coarse classes
LONGEST_RUN = 16  # onsets in a row that may repeat the one before, even if the input never repeats one
CLASH, CLASHING = 4.0, 0.045  # nats, the cost of a clash; from this share of clashes in the input on, it costs nothing
MAJOR = (0, 5, 7)  # transposed tonics with a major triad: of Ionian, Lydian and Mixolydian music


@dataclass(frozen=True, eq=False)
class Plan:
    """A take before its first new row; takes of the same song share it.

    song         the given song; for a fresh piece, parts without notes
    piece        the whole song as the model sees it
    rows, heard  its last rows (n, len(FIELDS)), and what is heard at them (n, hearing.WIDTH)
    given        (rows, heads + 3) coming rows to be taken as they are, see `loops.given`
    table        (WIDTH,) the state, see `State`
    limits       what its parts may do
    begin, goal  the ticks where the new music begins, at the earliest, and ends
    wished       the length in ticks that was asked for
    tempo        quarter notes a minute of the new music
    chords       the chords under the new music, if they were given
    beside       as in the prompt
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
    chords: Chords = ()
    beside: Beside | None = None


def plan(prompt: BandPrompt, priors: Mapping[str, Any] = PRIORS) -> Plan:
    """The plan of a prompt. Raises `Refusal` if the bars asked for last too long."""
    song = prompt.song
    if song is None or not any(len(part.notes) for part in song.parts):
        song = blank_song(prompt, priors)
    piece = encode_song(song, prompt.style if prompt.style in STYLES else "auto")
    if not piece.slots:
        piece = _declared(song, piece, bool(prompt.over) or prompt.band in WITH_CHORDS)
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
    since = latest if prompt.bars else (begin + latest) // 2  # seconds may begin anywhere in between
    last, goal = (int(each[0]) for each in ending(*(torch.tensor([x]) for x in (since, asked, mark, every[-1, BAR]))))
    last = max(last if (bounds.kind == 0).any() else goal, latest + TICKS)  # a last stroke does not sound for a bar
    goal = max(goal, last + TICKS)
    write_state(table, piece, bounds, begin, latest, FAR if prompt.open_end else last, goal)
    taken, chords = NOTHING_GIVEN, tuple[tuple[float, str], ...]()
    if prompt.over:
        line = mark + -(-(latest - mark) // felt) * felt
        beat = float(stated_beat(song.metre or (4, 4)))
        until = (goal if prompt.open_end else last + 1) / TICKS
        chords = on_bars(prompt.over, bar_marks(song), line / TICKS, until, beat)
        taken = as_given(
            ahead := chord_rows(chords, piece.shift, mark, int(every[-1, BAR])), basses(chords, piece.shift)
        )
        table[[AT.given, AT.usual, AT.eager]] = 1, 0, 0
        obeyed(table, piece.encoded.heading, ahead)
    return Plan(song, piece, rows, heard[-LONGEST_INPUT:], taken, table, bounds, begin, goal, asked, tempo, chords)


def write_state(row: Whole, piece: Piece, bounds: Limits, begin: int, latest: int, last: int, goal: int) -> None:
    """Write the state before the first new row into a take's row (WIDTH,) of the table, which already holds its
    `Ears`. `begin` … `goal` in ticks, as in `State`."""
    every, given = piece.encoded.rows, piece.encoded.rows[1:]
    bar, tonic = int(every[-1, BAR]), int(piece.conditions[2]) - 1
    known: dict[str, Any] = {
        "tick": max(int(every[-1, TICK]), latest - LONGEST_STEP),
        "before_part": -1,
        "before_value": band.VALUES,
        "floor": 0,
        "missed": 0,
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
        "beneath": -1,
        "unusual": unusual(given[:, TICK]),
        "first": -1,
    }
    for name in (
        "kind",
        "low",
        "high",
        "single",
        "most",
        "free",
        "longest",
        "leap",
        "eager",
        "usual",
        "rest",
        "length",
    ):
        known[name] = getattr(bounds, name)
    known["recent"], known["lately"] = bounds.usual, bounds.length
    for name, value in known.items():
        at = getattr(AT, name)
        row[at : at + getattr(SIZE, name)] = value


def blank_song(prompt: BandPrompt, priors: Mapping[str, Any] = PRIORS) -> Song:
    """A song without notes. Key, metre and tempo that were not asked for are drawn from those of the style."""
    rng = random_stream(prompt.seed, "blank page")
    style = prompt.style if prompt.style in priors else "pop"
    page = blank_page(priors[style], rng, prompt.key, prompt.tempo, prompt.metre)
    ensemble = ENSEMBLES[prompt.band]
    lead = [Part(SILENCE, ensemble.band.lead, ensemble.band.called, role="lead")] if ensemble.tune else []
    return Song(
        (*lead, *ensemble.band.seats()),
        tempo=(Tempo(0.0, page.tempo[0].quarters_per_minute),),
        metres=((0.0, page.metre or (4, 4)),),
        keys=((0.0, page.key or Key("C", "major")),),
    )


def _declared(song: Song, piece: Piece, chords: bool) -> Piece:
    """The piece of a song without notes, with a slot for each part in the song's order, and before them one for the
    harmony if `chords`."""
    heading = np.zeros((SLOTS, 4), np.int64)
    if chords:
        heading[0] = band.HARMONY + 1, band.NO_FAMILY, 0, 0
    slots = {}
    for i, part in enumerate(song.parts[: SLOTS - chords]):
        slots[i] = i + chords
        family = band.NO_FAMILY if part.program is None else part.program // 8
        heading[slots[i]] = band.ROLES.index(part.role) + 1, family, 1, 1
    key, metre = song.keys[0][1], song.metres[0][1]
    shift = tokens.shift_of(key)
    conditions = piece.conditions.copy()
    conditions[1] = METRES.index(metre) + 1 if metre in METRES else 0
    conditions[2] = (key.pitch_class + shift) % 12 + 1
    rows = piece.encoded.rows.copy()
    rows[:, BAR] = round(bar_length(metre) * TICKS)
    encoded = replace(piece.encoded, rows=rows, heading=heading)
    return replace(piece, encoded=encoded, conditions=conditions, slots=slots, shift=shift)
