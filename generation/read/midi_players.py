"""MIDI players: the lines of channels and tracks → one line for each player, and whether it plays drums.

One player may use several channels: one for each string of a guitar, one for each finger at a keyboard whose keys bend
(MPE), an additional one for bends; samplers write a track for each pitch.
"""

import re
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from generation.read.midi_drums import DRUM_CHANNEL, is_drums, program_of
from generation.read.midi_lines import MAX_EVENTS, Heard, Line, Note

DATA, FINE, NRPN, RPN = 6, 38, (98, 99), (100, 101)
REGISTERED = (DATA, FINE, *NRPN, *RPN)  # controllers that set parameters without a controller of their own
BEND_RANGE, MPE = 0, 6  # numbers of registered parameters
USUAL_RANGE = 2.0  # semitones of a full bend
FRETTED = (*range(24, 40), *range(104, 108))  # programs: guitars, basses, sitar, banjo, shamisen, koto
TOGETHER = 0.05  # the share of a player's notes that may overlap one on another of its channels, as in legato
TAKING_TURNS = 0.3  # the share of notes that follow a note of another channel, where channels take turns
WEIGHED, MOST = 5_000, 32  # notes and lines that are examined for this
FEWEST, BY_LOT = 3, 3.0  # lines among which notes are dealt out; how much more than by chance their middles may differ
OCTAVE = 12


@dataclass
class Player:
    """A player's line, whether it plays drums, and its tracks."""

    line: Line
    drums: bool
    tracks: tuple[int, ...]


def players(found: Heard, name: Callable[[int], str]) -> list[Player]:
    """The players, in the file's order; `name` gives the name of a track."""
    lines = _settled(found.lines.values())
    tracks: dict[int, list[Line]] = defaultdict(list)
    for line in lines:
        tracks[line.track].append(line)
    mpe = _fingers(lines, tracks, _mpe_channels(found.lines.values()))
    drums = set()
    for line in lines:
        # A track of several players is named after the piece, and so is the track of a file with a single player.
        own = name(line.track) if len(tracks[line.track]) == 1 < len(lines) else ""
        if id(line) not in mpe and is_drums(line, found, own):
            drums.add(id(line))
    groups = _across_tracks(_by_track([line for line in lines if id(line) not in drums], mpe), name)
    out = [Player(_merged(group), False, tuple(sorted({line.track for line in group}))) for group in groups]
    out += [Player(line, True, (line.track,)) for line in lines if id(line) in drums]
    place = {(line.track, line.port, line.channel): i for i, line in enumerate(lines)}
    return sorted(out, key=lambda player: place[player.line.track, player.line.port, player.line.channel])


def _settled(heard: Collection[Line]) -> list[Line]:
    """The lines that have notes, with the settings that other tracks send on their channels."""
    room, lines = MAX_EVENTS, []
    speaking: dict[tuple[int, int], list[Line]] = defaultdict(list)  # by port and channel, lines with settings
    for line in heard:
        if _settings(line):
            speaking[line.port, line.channel].append(line)
    total = {place: sum(map(_settings, same)) for place, same in speaking.items()}
    for line in heard:
        count = total.get((line.port, line.channel), 0) - _settings(line)
        if line.notes and 0 < count <= room:
            others = [other for other in speaking[line.port, line.channel] if other is not line]
            lines.append(_with_settings(line, others))
            room -= count
        elif line.notes:
            lines.append(line)
    return lines


def _fingers(lines: Sequence[Line], tracks: Mapping[int, list[Line]], zones: set[tuple[int, int]]) -> set[int]:
    """Ids of the lines that each are one finger at an MPE instrument, or one pitch of a sampler: they are never drums,
    whatever their channel. `zones` are the ports and channels that the file itself calls MPE."""
    found = set()
    for several in tracks.values():
        within = [line for line in several if (line.port, line.channel) in zones]
        if len(within) > 1:
            found |= {id(line) for line in within}
        drummer = any(line.channel == DRUM_CHANNEL for line in several)
        if drummer and len(several) > 2 * FEWEST and _each_alone(several) and _dealt(several):
            found |= {id(line) for line in several}  # not called MPE, but played like it
    pitches = {line.channel: {note.pitch for note in line.notes} for line in lines}
    if all(len(pitches.get(channel, ())) == 1 for channel in range(DRUM_CHANNEL - 1, DRUM_CHANNEL + 2)):
        found |= {id(line) for line in lines if line.channel == DRUM_CHANNEL}  # one in a row of pitches
    return found


def _settings(line: Line) -> int:
    """The number of a line's events that are not notes."""
    return len(line.programs) + len(line.controls) + len(line.bends)


def _with_settings(line: Line, others: Sequence[Line]) -> Line:
    """A line with programs, controllers and bends that other tracks send on its channel, where it sends none itself.
    Registered parameters come in several controllers, and are taken from one track."""
    own = {number for _, number, _ in line.controls}
    if own & set(REGISTERED):
        own |= set(REGISTERED)
    controls = [control for other in others for control in other.controls if control[1] not in own]
    return replace(
        line,
        programs=line.programs or sorted(program for other in others for program in other.programs),
        controls=sorted(line.controls + controls, key=_tick),
        bends=line.bends or sorted(bend for other in others for bend in other.bends),
    )


def _mpe_channels(lines: Iterable[Line]) -> set[tuple[int, int]]:
    """(port, channel) of all channels that an MPE configuration joins to one instrument: the first or last one, and so
    many beside it."""
    found: set[tuple[int, int]] = set()
    for line in lines:
        count = max((value for number, value in _registered(line) if number == MPE), default=0)
        if count and line.channel in (1, 16):
            step = 1 if line.channel == 1 else -1
            found |= {(line.port, line.channel + step * i) for i in range(min(count, 15) + 1)}
    return found


def _registered(line: Line) -> list[tuple[int, int]]:
    """(number, value) of the registered parameters that a line sets."""
    number = {100: 127, 101: 127}
    found = []
    for _, controller, value in line.controls:
        if controller in RPN:
            number[controller] = value
        elif controller in NRPN:
            number = {100: 127, 101: 127}
        elif controller == DATA and number[101] == 0:
            found.append((number[100], value))
    return found


def _by_track(lines: Sequence[Line], mpe: set[int]) -> list[list[Line]]:
    """The lines in groups: together those that one player plays on several channels of a track. `mpe` contains the ids
    of those that say so."""
    tracks: dict[int, list[Line]] = defaultdict(list)
    for line in lines:
        tracks[line.track].append(line)
    groups = []
    for several in tracks.values():
        fingers = [line for line in several if id(line) in mpe]
        rest = [line for line in several if id(line) not in mpe]
        groups += [fingers] if fingers else []
        by_program: dict[int, list[Line]] = defaultdict(list)
        for line in rest:
            by_program[program_of(line)].append(line)
        if len(tracks) > 1 and len(by_program) > 1 and _share(rest) <= TOGETHER:
            groups.append(rest)  # one after the other: a player who changes the instrument
            continue
        for program, alike in by_program.items():
            one = len(alike) > 1 and (
                _share(alike) <= TOGETHER
                or (program in FRETTED and _each_alone(alike) and (len(tracks) > 1 or len(alike) > FEWEST))
                or (len(alike) >= FEWEST and _each_alone(alike) and _dealt(alike))
            )
            groups += [alike] if one else [[line] for line in alike]
    return groups


def _across_tracks(groups: list[list[Line]], name: Callable[[int], str]) -> list[list[Line]]:
    """The groups, with those joined that one player plays on several tracks: one pitch on each, or notes in turn."""
    single: dict[tuple[int, str], list[list[Line]]] = defaultdict(list)
    turns: dict[tuple[int, str], list[list[Line]]] = defaultdict(list)
    for group in groups:
        alike = turns if len({note.pitch for line in group for note in line.notes}) > 1 else single
        alike[program_of(group[0]), " ".join(re.findall(r"[^\W\d_]{2,}", name(group[0].track).lower()))].append(group)
    out = []
    for several in single.values():
        out += [[line for group in several for line in group]] if len(several) >= FEWEST else several
    for several in turns.values():
        out += _in_turn(several) if len(several) <= MOST else several
    return out


def _in_turn(groups: list[list[Line]]) -> list[list[Line]]:
    """The groups, with those joined that take turns all the time, in one register."""
    out: list[list[Line]] = []
    for group in groups:
        for i, other in enumerate(out):
            both = other + group
            if (
                _share(both) <= TOGETHER
                and _turns(both) >= TAKING_TURNS
                and abs(_middle(other) - _middle(group)) < OCTAVE
            ):
                out[i] = both
                break
        else:
            out.append(group)
    return out


def _middle(lines: Sequence[Line]) -> float:
    """The mean pitch of some lines."""
    return float(np.mean([note.pitch for line in lines for note in line.notes]))


def _in_order(lines: Sequence[Line]) -> list[tuple[Note, int]]:
    """All notes of some lines with the line's index, by their onset."""
    return sorted(((note, i) for i, line in enumerate(lines) for note in line.notes), key=lambda both: both[0].onset)


def _tick(event: tuple[int, ...]) -> int:
    return event[0]


def _share(lines: Sequence[Line]) -> float:
    """The share of notes that sound together with a note of another line for more than half of their length."""
    together, notes = 0, _in_order(lines)[:WEIGHED]
    until = [-1] * len(lines)  # when each line falls silent
    for note, i in notes:
        end = note.end if note.end is not None else note.onset + 1
        others = max((until[j] for j in range(len(lines)) if j != i), default=-1)
        together += min(others, end) - note.onset > 0.5 * (end - note.onset)
        until[i] = max(until[i], end)
    return together / max(len(notes), 1)


def _turns(lines: Sequence[Line]) -> float:
    """The share of notes that follow a note of another line."""
    notes = _in_order(lines)[:WEIGHED]
    return sum(one[1] != other[1] for one, other in pairwise(notes)) / max(len(notes) - 1, 1)


def _each_alone(lines: Sequence[Line]) -> bool:
    """Whether each line plays one note at a time."""
    return all(
        sum(note.end is None or note.end > later.onset + 1 for note, later in pairwise(line.notes))
        <= 2 * TOGETHER * len(line.notes) + 1
        for line in lines
    )


def _dealt(lines: Sequence[Line]) -> bool:
    """Whether notes are dealt out to the lines in turn, whatever their pitch: the lines' middles differ no more than
    they would if the notes were dealt out at random."""
    pitches = [note.pitch for line in lines for note in line.notes]
    spread = float(np.var([_middle([line]) for line in lines])) * len(pitches) / len(lines)
    return spread < BY_LOT * float(np.var(pitches)) and _turns(lines) > 1 - TAKING_TURNS


def _merged(lines: list[Line]) -> Line:
    """Several lines as one. Its controllers are those of the line with the most notes, and others that this one does
    not send; its bends are those of the channel that was struck last, all with one range."""
    if len(lines) == 1:
        return lines[0]
    first = max(lines, key=lambda line: len(line.notes))
    controls, sent = [], Counter[int]()
    for line in sorted(lines, key=lambda line: line is not first):
        controls += [control for control in line.controls if control[1] not in (*REGISTERED, *sent)]
        sent.update({number for _, number, _ in line.controls})
    struck = _in_order(lines)
    bends, widest = _bends(lines, struck)
    if bends and widest != USUAL_RANGE:
        controls += [(0, 101, 0), (0, 100, BEND_RANGE), (0, DATA, round(widest)), (0, 101, 127), (0, 100, 127)]
    programs: list[tuple[int, int]] = []
    for note, i in struck:
        before = bisect_right(lines[i].programs, note.onset, key=_tick)
        program = lines[i].programs[max(before - 1, 0)][1] if lines[i].programs else None
        if program is not None and (not programs or programs[-1][1] != program):
            programs.append((note.onset, program))
    return replace(
        min(lines, key=lambda line: (line.track, line.port, line.channel)),
        notes=[note for note, _ in struck],
        programs=programs,
        controls=sorted(controls, key=_tick),
        bends=bends,
    )


def _bends(lines: Sequence[Line], struck: Sequence[tuple[Note, int]]) -> tuple[list[tuple[int, int]], float]:
    """The bends of the line that was struck last, for all lines, in the widest of their ranges; and that range."""
    ranges = [
        next((float(value) for number, value in reversed(_registered(line)) if number == BEND_RANGE), USUAL_RANGE)
        for line in lines
    ]
    if not any(bend for line in lines for _, bend in line.bends):
        return [], USUAL_RANGE
    widest = max(ranges)
    happens = [(note.onset, 1, i, 0) for note, i in struck]
    happens += [(tick, 0, i, bend) for i, line in enumerate(lines) for tick, bend in line.bends]
    now, last, out = [0] * len(lines), struck[0][1], [(0, 0)]
    for tick, strikes, i, bend in sorted(happens):
        if strikes:
            last = i
        else:
            now[i] = bend
        value = round(now[last] * ranges[last] / widest)
        if value != out[-1][1]:
            out.append((tick, value))
    return out[1:] if out[0] == (0, 0) and len(out) > 1 else out, widest
