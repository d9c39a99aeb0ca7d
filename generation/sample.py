"""Play on: sample new notes after a melody, several takes in one batch, and bring them to a close."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from generation import known, tokens
from generation.close import closing_note
from generation.constraints import CONSTRAINTS, Line
from generation.habits import HABITS, blank_page
from generation.key import find_key
from generation.melody import Key, Melody, Tempo
from generation.models.attentive_lstm import EXPRESSION, AttentiveLSTM
from generation.performer import Performer
from generation.pulse import typical_tempo
from generation.style import likeliest_style
from generation.tokens import CLASSES, FIELDS, LENGTHS, PITCH, TICK, TICKS, Encoded, Ints

LONGEST_PROMPT = 1024  # notes that the model is shown
ROUNDING = 0.05  # of the wished length, to end on a bar line
TOLERANCE = 0.08  # of the wished length, within which a close is looked for
ATTEMPTS = 3  # at a take that does not copy
EXPRESSION_TEMPERATURE, EXPRESSION_TOP_P = 1.0, 0.99  # a wild melody is still played with care, a tame one with life

REGISTER = (55, 84)  # MIDI pitches of a fresh piece


@dataclass(frozen=True, eq=False)
class Prompt:
    """One take: a melody to continue, or None, and how.

    key, tempo, metre  for fresh pieces
    open_end           cut off where the time is up instead of coming to a close
    attempt            how many takes of this seed were thrown away, because they copied
    """

    melody: Melody | None = None
    seconds: float = 20.0
    temperature: float = 0.9
    top_p: float = 0.97
    seed: int = 0
    style: str = "auto"
    key: Key | None = None
    tempo: float | None = None
    metre: tuple[int, int] | None = None
    open_end: bool = False
    attempt: int = 0


def sample(
    performer: Performer, prompts: Sequence[Prompt], progress: Callable[[float], None] | None = None
) -> list[Melody]:
    """For every prompt its melody: the notes as they came, then new ones. Same prompt, same notes.

    A take that copies what was learned is played again, and of several that do the least is kept.
    """
    wholes = _sample(performer, prompts, progress)
    copied = [_copied(performer, prompt, whole) for prompt, whole in zip(prompts, wholes, strict=True)]
    for attempt in range(1, ATTEMPTS):
        todo = [i for i, notes in enumerate(copied) if notes]
        if not todo:
            break
        for i, whole in zip(
            todo, _sample(performer, [replace(prompts[i], attempt=attempt) for i in todo]), strict=True
        ):
            if (notes := _copied(performer, prompts[i], whole)) < copied[i]:
                wholes[i], copied[i] = whole, notes
    return wholes


def _copied(performer: Performer, prompt: Prompt, whole: Melody) -> int:
    """By how many notes a take passes what is no copy."""
    if performer.known is None:
        return 0
    return known.copies(whole, performer.known, str(whole.meta["style"]), len(prompt.melody or ()))


def _sample(
    performer: Performer, prompts: Sequence[Prompt], progress: Callable[[float], None] | None = None
) -> list[Melody]:
    """One attempt at every prompt."""
    groups: dict[tuple[object, ...], list[int]] = {}
    for i, prompt in enumerate(prompts):
        # Takes of one melody share each step. A fresh piece draws its own key and metre and shares with nobody.
        wish = (prompt.seconds, prompt.temperature, prompt.top_p, prompt.style, prompt.open_end)
        groups.setdefault((id(prompt.melody), *wish) if prompt.melody is not None else (None, i), []).append(i)
    melodies: dict[int, Melody] = {}
    for done, members in enumerate(groups.values()):

        def report(share: float, done: int = done) -> None:
            if progress is not None:
                progress((done + share) / len(groups))

        melodies |= zip(members, _takes(performer, [prompts[i] for i in members], report), strict=True)
    return [melodies[i] for i in range(len(prompts))]


def _takes(performer: Performer, prompts: Sequence[Prompt], report: Callable[[float], None]) -> list[Melody]:
    """Takes of one melody, step by step together."""
    wish = prompts[0]
    rngs = [np.random.default_rng([prompt.seed, prompt.attempt]) for prompt in prompts]
    style, given = wish.style, wish.melody
    if given is None or not len(given):
        learned = [name for name in HABITS if name in performer.card.get("metres", HABITS)] or ["auto"]
        style = style if style != "auto" else str(rngs[0].choice(learned))
        given = blank_page(HABITS.get(style) or performer.card["habits"], rngs[0], wish.key, wish.tempo, wish.metre)
    elif style == "auto":
        style = likeliest_style(performer.model, performer.device, given, performer.card.get("metres", {}))
    encoded = tokens.encode(given, style, key=given.key)
    start = encoded.end if len(given) else int(encoded.conditions[5])
    quarters = wish.seconds * typical_tempo(given) / 60
    rows = encoded.rows if len(given) else encoded.rows[:1]
    rows = rows[-LONGEST_PROMPT:]
    bar = int(encoded.conditions[4]) or 4 * TICKS
    lines = [Line(rows, _register(encoded), bar, len(rows)) for _ in prompts]
    tolerance = max(round(quarters * TICKS * TOLERANCE), TICKS // 3)

    def goal(begin: int) -> int:
        return _goal(encoded, begin, quarters)

    ends = _sample_rows(performer, lines, encoded, start, goal, tolerance, wish, rngs, report)
    tonic = _tonic(given, encoded)
    melodies = []
    for line, end in zip(lines, ends, strict=True):
        new = line.rows[line.start :]
        if wish.open_end:
            new = new[: max(1, int((new[:, TICK] < goal(int(new[0, TICK]))).sum()))]
        else:
            keep, duration = closing_note(new, end, encoded.conditions, tonic, goal(int(new[0, TICK])), tolerance)
            new = new[:keep].copy()
            new[-1, tokens.DURATION], new[-1, tokens.ARTICULATION] = duration, tokens.FLAT["articulation"]
        flat = len(given) > 0 and not encoded.rows[-1, tokens.SHADED]
        level = float(given.velocity.mean()) if flat else None
        melodies.append(_join(given, tokens.decode(new, encoded.shift, given), style, level))
    return melodies


@torch.inference_mode()
def _sample_rows(
    performer: Performer,
    lines: Sequence[Line],
    encoded: Encoded,
    start: int,
    goal: Callable[[int], int],
    tolerance: int,
    wish: Prompt,
    rngs: Sequence[np.random.Generator],
    report: Callable[[float], None],
) -> list[NDArray[np.float64]]:
    """Grow every line past its goal, counted from its first new note, by the tolerance; return the log probability
    that it is over after each new row."""
    model, device, takes = performer.model, performer.device, len(lines)
    conditions = torch.from_numpy(encoded.conditions).to(device)[None]

    def countdown(tick: Ints, goals: Ints | int) -> Tensor:
        return torch.from_numpy(tokens.countdown_class(np.maximum(goals - tick, 0) / TICKS)).to(device)

    rows = lines[0].rows
    x, state = model(torch.from_numpy(rows).to(device)[None], conditions, countdown(rows[:, TICK], goal(start))[None])
    x, state, conditions = x[:, -1].repeat(takes, 1), model.repeat(state, takes), conditions.repeat(takes, 1)
    goals = np.zeros(takes, dtype=np.int64)
    ends: list[NDArray[np.float64]] = []
    left = 1.0
    while left > 0:
        row = _next_row(model, x, conditions, lines, wish, rngs)
        for line, new in zip(lines, row, strict=True):
            line.add(new)
        if not ends:
            goals = np.array([goal(int(tick)) for tick in row[:, TICK]])
        rest = countdown(row[:, TICK], goals)[:, None]
        x, state = model(torch.from_numpy(row).to(device)[:, None], conditions, rest, state)
        x = x[:, 0]
        ends.append(torch.nn.functional.logsigmoid(model.end_head(x)).cpu().numpy().astype(np.float64))
        left = float(((goals + tolerance - row[:, TICK]) / (goals + tolerance - start)).max())
        report(min(1.0, 1 - left))
    return list(np.stack(ends, 1))


def _next_row(
    model: AttentiveLSTM,
    x: Tensor,
    conditions: Tensor,
    lines: Sequence[Line],
    wish: Prompt,
    rngs: Sequence[np.random.Generator],
) -> Ints:
    """(takes, len(FIELDS)): the next note of every take, field by field, each given those before it."""
    row = np.zeros((len(lines), len(FIELDS)), dtype=np.int64)
    row[:, [tokens.TIMED, tokens.SHADED]] = 1
    luck = np.array([rng.random(len(CLASSES)) for rng in rngs])  # (takes, fields)

    def pick(name: str, logits: Tensor) -> Tensor:
        field = FIELDS.index(name)
        scores = logits.float().cpu().numpy().astype(np.float64)
        for score, line in zip(scores, lines, strict=True):
            for constraint in CONSTRAINTS:
                constraint(name, score, line)
        calm = name in EXPRESSION
        temperature, top_p = (EXPRESSION_TEMPERATURE, EXPRESSION_TOP_P) if calm else (wish.temperature, wish.top_p)
        row[:, field] = nucleus(scores, temperature, top_p, luck[:, field])
        return torch.from_numpy(row[:, field]).to(x.device)

    step = pick("step", model.step_head(x))
    before = np.array([line.rows[-1] for line in lines])
    row[:, TICK] = before[:, TICK] + LENGTHS[row[:, tokens.STEP]]
    logits, y = model.pitch_head(x, step, torch.from_numpy(row[:, TICK]).to(x.device), conditions)
    pitch = pick("pitch", logits)
    logits, y = model.duration_head(y, pitch)
    logits, y = model.velocity_head(y, pick("duration", logits))
    logits, y = model.deviation_head(y, pick("velocity", logits))
    pick("articulation", model.articulation_head(y, pick("deviation", logits)))
    interval = np.clip(row[:, PITCH] - before[:, PITCH], -24, 24) + 24
    row[:, tokens.INTERVAL] = np.where(before[:, PITCH] == tokens.START, tokens.NO_INTERVAL, interval)
    return row


def nucleus(
    logits: NDArray[np.float64], temperature: float, top_p: float, luck: NDArray[np.float64]
) -> NDArray[np.int64]:
    """One class a row of (takes, classes), out of the smallest set that holds `top_p` of the probability
    (Holtzman et al., 2020, “The Curious Case of Neural Text Degeneration”); `luck` (takes,) in 0 ≤ x < 1."""
    weights = np.exp((logits - logits.max(1, keepdims=True)) / temperature)
    order = np.argsort(-weights, 1, kind="stable")
    sums = np.cumsum(np.take_along_axis(weights, order, 1), 1)
    inside = np.concatenate([np.zeros_like(sums[:, :1]), sums[:, :-1]], 1) < top_p * sums[:, -1:]
    ceiling = np.where(inside, sums, 0).max(1)
    place = (sums <= (luck * ceiling)[:, None]).sum(1)
    return np.take_along_axis(order, place[:, None], 1)[:, 0]


def _goal(encoded: Encoded, start: int, quarters: float) -> int:
    """The tick at which music begun at `start` shall end: a bar line near the wished length, else a beat."""
    downbeat, wished = int(encoded.conditions[5]), quarters * TICKS
    for line in (int(encoded.conditions[4]), TICKS):
        if line:
            end = downbeat + round((start + wished - downbeat) / line) * line
            if abs(end - start - wished) <= ROUNDING * wished:
                return end
    return start + round(wished)


def _register(encoded: Encoded) -> tuple[int, int]:
    """Lowest and highest pitch of the new music, moved like the rows: the input's, and a fifth more on both sides."""
    pitch = encoded.rows[1:, PITCH]
    if not len(pitch):
        return REGISTER
    low, high = int(pitch.min()), int(pitch.max())
    room = max(7, (19 - (high - low)) // 2)
    return max(0, low - room), min(127, high + room)


def _tonic(melody: Melody, encoded: Encoded) -> int:
    """The pitch class of rest, moved like the rows."""
    key = melody.key or (find_key(melody.pitch, melody.duration) if len(melody) else Key("C", "major"))
    return (key.pitch_class + encoded.shift) % 12


def _join(given: Melody, new: Melody, style: str, level: float | None) -> Melody:
    """The given notes untouched, then the new ones, at the tempo the given ones had; their velocities around `level`,
    so that a score without dynamics is neither drowned nor drowns."""
    onset, velocity = new.onset, new.velocity
    if level is not None:
        velocity = np.clip(velocity + round(level - float(velocity.mean())), 1, 127)
    if len(given):
        onset = tokens.apart(np.maximum(onset, given.onset[-1] + 1 / TICKS))
    tempo = given.tempo
    steady = typical_tempo(given)
    if len(given) and abs(steady / tempo[-1].quarters_per_minute - 1) > 0.02 and onset[0] > tempo[-1].onset:
        tempo = (*tempo, Tempo(float(onset[0]), steady))
    new = replace(new, onset=onset, velocity=velocity)
    return replace(tokens.joined(given, new), tempo=tempo, meta={**given.meta, "style": style})
