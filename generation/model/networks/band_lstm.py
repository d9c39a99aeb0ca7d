"""The network for several parts: an LSTM that looks back, like `attentive_lstm`, over the rows of all parts.

With each row it is told which notes sound then (`generation.model.hearing`), since it could not work that out itself.
The fields of a row are predicted one after the other, each given those before it: the part by comparing the network's
output with every declared part and its present state, the pitch also by its interval from the part's last pitch.

A network may also be told what each of the first parts holds and for how long (`Sizes.held`). Then a pitch is predicted
also by its interval from each held pitch, and a duration by whether it ends before, with or after each held note.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 — its usual name

from generation.model import band, hearing
from generation.model.band import CLASSES, FIRST_DRUM, SLOTS, VALUES
from generation.model.hearing import CLASSES_HEARD, HELD_HEARD, LAST, LEFT_HEARD, NEVER, SLOTS_HEARD
from generation.model.networks.attentive_lstm import BARS, EXPRESSION, PERIODS, PHASES, dropout
from generation.model.networks.onset_attention import Layer, LayerState, rows_at
from generation.model.tokens import METRES, TEMPI, TICKS, UNKNOWN_COUNTDOWN
from generation.request import STYLES

# Conditions of a whole piece → their number of classes, 0 for unknown. The countdown to the end is given for each row.
CONDITIONS = {"style": len(STYLES), "metre": len(METRES) + 1, "tonic": 13, "tempo": TEMPI}


@dataclass(frozen=True)
class Sizes:
    """width: channels of every layer; heads: of attention; window: onsets that attention sees; told: dropout of what
    the fields are predicted from; held: of how many slots it is told what they hold."""

    width: int = 512
    layers: int = 2
    heads: int = 8
    dropout: float = 0.1
    window: int = 512
    told: float = 0.0
    held: int = 0


HELD = 32  # channels of what one slot holds, and of how long
OCTAVES = 24  # semitones up to which the interval from a held pitch counts
State = tuple[LayerState, ...]


def phases(since: Tensor, bar: Tensor) -> Tensor:
    """(…, PHASES) the metrical positions of rows: sines and cosines with periods in quarters and in bars, the latter 0
    if the bar is unknown. since (…): ticks since a bar line; bar (…): ticks a bar, 0 if unknown."""
    quarters = since[..., None].float() / (TICKS * torch.tensor(PERIODS, device=since.device))
    bars = since[..., None].float() / (bar.clamp(min=1)[..., None] * torch.tensor(BARS, device=since.device))
    angle = 2 * torch.pi * torch.cat([quarters, bars], -1)
    known = torch.cat([torch.ones_like(quarters), (bar > 0)[..., None].expand_as(bars).float()], -1)
    return torch.cat([angle.sin() * known, angle.cos() * known], -1)


class BandLSTM(nn.Module):
    """The network: `forward` turns rows into outputs, and from an output the heads predict the fields of the next
    row."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.sizes = sizes
        w = sizes.width
        small = w // 4
        self.step = nn.Embedding(CLASSES["step"], small)
        self.value = nn.Embedding(VALUES + 1, small)
        self.pitch_class = nn.Embedding(13, small)
        self.duration = nn.Embedding(CLASSES["duration"], small)
        self.expression = nn.ModuleDict({name: nn.Embedding(CLASSES[name], small) for name in EXPRESSION})
        self.countdown = nn.Embedding(UNKNOWN_COUNTDOWN + 1, small)
        self.condition = nn.ModuleList([nn.Embedding(size, small) for size in CONDITIONS.values()])
        # A part: its slot, role, family, whether its timing and dynamics were played; and its state (see `hearing`).
        self.slot = nn.Embedding(SLOTS + 1, small)
        self.declared = nn.ModuleList([nn.Embedding(n, small) for n in (len(band.ROLES) + 1, 17, 2, 2)])
        self.doing = nn.Embedding(hearing.STATES, small)
        self.heading = nn.Linear(small, w)
        # What sounds.
        self.sounds = nn.Linear(12 + SLOTS * hearing.STATES, w)
        self.ages = nn.ModuleList([nn.Embedding(NEVER + 1, small) for _ in ("gap", "age", "until")])
        self.voices = nn.Embedding(hearing.MOST + 1, small)
        self.edges = nn.ModuleList([nn.Embedding(FIRST_DRUM + 1, small) for _ in ("bass", "top")])
        self.note = nn.Linear(7 * small + PHASES, w)
        self.context = nn.Linear(2 * small, w)
        self.layers = nn.ModuleList([Layer(w, sizes.heads, sizes.window, sizes.dropout) for _ in range(sizes.layers)])
        self.to_step = nn.Linear(w, CLASSES["step"])
        self.given_step = nn.Linear(w + 2 * small + PHASES + 12 + SLOTS * hearing.STATES, w)
        self.to_part = nn.Linear(w, small)
        self.given_part = nn.Linear(w + 3 * small, w)
        self.to_value = nn.Linear(w, VALUES)
        self.to_interval = nn.Linear(w, 2 * FIRST_DRUM - 1)
        self.given_value = nn.Linear(w + 2 * small, w)
        self.to_duration = nn.Linear(w, CLASSES["duration"])
        # Expression has less to say than content: half as wide.
        half = w // 2
        self.given_duration = nn.Linear(w + small, half)
        self.to_velocity = nn.Linear(half, CLASSES["velocity"])
        self.given_velocity = nn.Linear(half + small, half)
        self.to_deviation = nn.Linear(half, CLASSES["deviation"])
        self.given_deviation = nn.Linear(half + small, half)
        self.to_articulation = nn.Linear(half, CLASSES["articulation"])
        if sizes.held:
            self.held = nn.Embedding(VALUES + 1, HELD)
            self.held_class = nn.Embedding(13, HELD)
            self.left = nn.Embedding(NEVER + 1, HELD)
            self.beside, self.beside_next = (nn.Linear(2 * HELD * sizes.held, w) for _ in range(2))
            self.to_held = nn.Linear(w, sizes.held * (2 * OCTAVES + 1))
            self.to_ends = nn.Linear(w, sizes.held * 3)
            # So that a network which begins with the weights of one without them says at first what that one says.
            for layer in (self.beside, self.beside_next, self.to_held, self.to_ends):
                nn.init.zeros_(layer.weight)
                nn.init.zeros_(layer.bias)
        kinds = torch.full((3, VALUES), -torch.inf)
        for kind, (low, high) in enumerate(((0, FIRST_DRUM), (FIRST_DRUM, band.NO_CHORD), (band.NO_CHORD, VALUES))):
            kinds[kind, low:high] = 0
        self.allowed: Tensor
        self.register_buffer("allowed", kinds, persistent=False)

    def forward(
        self,
        rows: Tensor,
        heard: Tensor,
        heading: Tensor,
        conditions: Tensor,
        countdown: Tensor,
        state: State | None = None,
    ) -> tuple[Tensor, State]:
        """rows (B, T, len(FIELDS)), heard (B, T, hearing.WIDTH), heading (B, SLOTS, 4), conditions
        (B, len(CONDITIONS)), countdown (B, T) → outputs (B, T, width), state.

        Rows passed one at a time, each with the state after the one before, give the same outputs as all at once.
        """
        parts = self.parts(heading)
        notes = self._embed(rows, heard, parts)
        style, metre, tonic, tempo = (embed(conditions[:, i]) for i, embed in enumerate(self.condition))
        piece = (style + metre + tonic + tempo)[:, None].expand(-1, rows.shape[1], -1)
        x = notes + self.context(torch.cat([piece, self.countdown(countdown)], -1))
        x = x + F.gelu(self.heading(parts[:, :SLOTS])).sum(1, keepdim=True)
        x = dropout(x, self.sizes.dropout / 2, self.training)
        begins = rows[..., band.STEP] > 0
        states = []
        for i, layer in enumerate(self.layers):
            x, after = layer(x, notes, rows[..., band.TICK], begins, None if state is None else state[i])
            states.append(after)
        return x, tuple(states)

    def parts(self, heading: Tensor) -> Tensor:
        """(B, SLOTS + 1, width / 4) embeddings of the parts that a heading (B, SLOTS, 4) declares, 0 for empty slots;
        the last one belongs to the start row."""
        slots = self.slot.weight[:SLOTS] + sum(embed(heading[..., i]) for i, embed in enumerate(self.declared))
        slots = slots * (heading[..., :1] > 0)
        return torch.cat([slots, self.slot.weight[SLOTS:].expand(len(heading), 1, -1)], 1)

    def _embed(self, rows: Tensor, heard: Tensor, parts: Tensor) -> Tensor:
        touch = sum(self.expression[name](rows[..., i]) for i, name in enumerate(EXPRESSION, start=band.VELOCITY))
        value, last = rows[..., band.VALUE], heard[..., LAST]
        embedded: Tensor = self.note(
            torch.cat(
                [
                    self.step(rows[..., band.STEP]),
                    self.value(value) + self.pitch_class(_pitch_class(value)),
                    rows_at(parts, rows[..., band.PART]),
                    self.duration(rows[..., band.DURATION]),
                    touch,
                    self.value(last),
                    self._ages(heard) + self.ages[2](heard[..., hearing.UNTIL]),
                    phases(rows[..., band.SINCE], rows[..., band.BAR]),
                ],
                -1,
            )
        )
        sounding: Tensor = self.sounds(_many_hot(heard))
        if self.sizes.held:
            sounding = sounding + self.beside(self._held(heard))
        return embedded + sounding

    def _held(self, heard: Tensor) -> Tensor:
        """(…, 2 × HELD × Sizes.held) what the first slots hold, and for how long."""
        value, left = (heard[..., at : at + self.sizes.held] for at in (HELD_HEARD, LEFT_HEARD))
        held = self.held(value) + self.held_class(_pitch_class(value))
        return torch.cat([held, self.left(left)], -1).flatten(-2)

    def _dropped(self, x: Tensor) -> Tensor:
        return F.dropout(x, self.sizes.told, self.training)

    def _ages(self, heard: Tensor) -> Tensor:
        """(…, width / 4) the embedded chord and its age, the lowest and the highest sounding pitch and the number of
        sounding notes, from heard (…, hearing.WIDTH)."""
        total: Tensor = (
            self.value(heard[..., hearing.CHORD])
            + self.ages[1](heard[..., hearing.AGE])
            + self.edges[0](heard[..., hearing.LOW])
            + self.edges[1](heard[..., hearing.TOP])
            + self.voices(heard[..., hearing.VOICES])
        )
        return total

    # The heads, in the order in which a row's fields are predicted. Each takes x (N, width), which the head before it
    # returned, and returns logits (N, classes) and x for the next head. `row` (N, len(FIELDS)) and `heard`
    # (N, hearing.WIDTH) belong to the row that is predicted; a head reads only the fields that are known by then.

    def step_head(self, x: Tensor) -> Tensor:
        logits: Tensor = self.to_step(self._dropped(x))
        return logits

    def part_head(
        self, x: Tensor, row: Tensor, heard: Tensor, parts: Tensor, sequence: Tensor
    ) -> tuple[Tensor, Tensor]:
        """parts (B, SLOTS + 1, width / 4): from `parts`; sequence (N,): the index into B of each output's sequence."""
        where = phases(row[:, band.SINCE], row[:, band.BAR])
        x = self._dropped(x)
        known = torch.cat([x, self.step(row[:, band.STEP]), self._ages(heard), where, _many_hot(heard)], -1)
        given = self.given_step(known)
        if self.sizes.held:
            given = given + self.beside_next(self._held(heard))
        x = x + F.gelu(given)
        asked = self.to_part(x)
        # How well each part fits the query: by its heading, for all sequences at once, and by its present state.
        declared = parts[:, :SLOTS]
        fits = (asked @ declared.flatten(0, 1).T).view(len(x), *declared.shape[:2])
        fits = fits[torch.arange(len(x), device=x.device), sequence]
        fits = fits + (asked @ self.doing.weight.T).gather(1, heard[:, SLOTS_HEARD:HELD_HEARD])
        fits = fits * asked.shape[1] ** -0.5  # otherwise an untrained network is far too confident
        return fits.masked_fill((declared == 0).all(-1)[sequence], -torch.inf), x

    def value_head(
        self, x: Tensor, row: Tensor, heard: Tensor, parts: Tensor, sequence: Tensor, kind: Tensor
    ) -> tuple[Tensor, Tensor]:
        """kind (N,): the index in `band.KINDS` of the values that the row's part plays."""
        part = parts[sequence, row[:, band.PART]]
        gap, last = self.ages[0](heard[:, hearing.GAP]), heard[:, LAST]
        x = self._dropped(x)
        x = x + F.gelu(self.given_part(torch.cat([x, part, self.value(last), gap], -1)))
        logits = self.to_value(x) + self.allowed[kind]
        leap = torch.arange(FIRST_DRUM, device=x.device) - last[:, None] + FIRST_DRUM - 1
        near = self.to_interval(x).gather(1, leap.clamp(0, 2 * FIRST_DRUM - 2)) * (last < FIRST_DRUM)[:, None]
        if self.sizes.held:
            near = near + self._with_held(x, heard)
        return torch.cat([logits[:, :FIRST_DRUM] + near, logits[:, FIRST_DRUM:]], -1), x

    def _with_held(self, x: Tensor, heard: Tensor) -> Tensor:
        """(N, FIRST_DRUM) how well each pitch goes with those that are held: by its interval from each of them."""
        value, left = (heard[:, at : at + self.sizes.held] for at in (HELD_HEARD, LEFT_HEARD))
        interval = torch.arange(FIRST_DRUM, device=x.device) - value[..., None]
        by = self.to_held(x).view(len(x), self.sizes.held, 2 * OCTAVES + 1)
        fits = (
            by.gather(2, interval.clamp(-OCTAVES, OCTAVES) + OCTAVES) * ((left > 0) & (value < FIRST_DRUM))[..., None]
        )
        total: Tensor = fits.sum(1)
        return total

    def duration_head(self, x: Tensor, row: Tensor, heard: Tensor) -> tuple[Tensor, Tensor]:
        value = row[:, band.VALUE]
        x = self._dropped(x)
        x = x + F.gelu(self.given_value(torch.cat([x, self.value(value), self.pitch_class(_pitch_class(value))], -1)))
        logits = self.to_duration(x)
        if self.sizes.held:
            left = heard[:, LEFT_HEARD : LEFT_HEARD + self.sizes.held, None]
            ends = torch.sign(torch.arange(logits.shape[1], device=x.device) - left) + 1  # before, with or after it
            fits = self.to_ends(self._dropped(x)).view(len(x), self.sizes.held, 3).gather(2, ends)
            logits = logits + (fits * (left > 0)).sum(1)
        return logits, x

    def velocity_head(self, x: Tensor, row: Tensor) -> tuple[Tensor, Tensor]:
        x = F.gelu(self.given_duration(torch.cat([x, self.duration(row[:, band.DURATION])], -1)))
        return self.to_velocity(x), x

    def deviation_head(self, x: Tensor, row: Tensor) -> tuple[Tensor, Tensor]:
        x = x + F.gelu(self.given_velocity(torch.cat([x, self.expression["velocity"](row[:, band.VELOCITY])], -1)))
        return self.to_deviation(x), x

    def articulation_head(self, x: Tensor, row: Tensor) -> Tensor:
        x = x + F.gelu(self.given_deviation(torch.cat([x, self.expression["deviation"](row[:, band.DEVIATION])], -1)))
        logits: Tensor = self.to_articulation(x)
        return logits


def _pitch_class(value: Tensor) -> Tensor:
    return torch.where(value < FIRST_DRUM, value % 12, 12)


def _many_hot(heard: Tensor) -> Tensor:
    """(…, 12 + SLOTS × STATES) the sounding pitch classes and the states of the slots, as 0 and 1."""
    states = F.one_hot(heard[..., SLOTS_HEARD:HELD_HEARD], hearing.STATES).flatten(-2)
    return torch.cat([heard[..., CLASSES_HEARD:SLOTS_HEARD], states], -1).float()
