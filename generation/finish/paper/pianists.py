"""Which parts are the two hands of one pianist: on paper they share a brace."""

import re
from collections.abc import Sequence

import numpy as np

from generation.finish.paper.transposed import CONCERT
from generation.music.song import Part

KEYBOARDS = (*range(9), *range(16, 24), 46)  # programs that are written on two staves: pianos, organs, the harp
APART = 3  # semitones between the middles of two hands
HAND = re.compile(
    r"[\s,:(\[–-]*\b(left|right|link[es]?|recht[es]?|gauche|droite|sinistra|destra|[lr]\.? ?h|m\.? ?[dgs])\b\.?"
    r"(\s*hand)?[)\]]*",
    re.I,
)


def instrument(name: str) -> str:
    """The name of a part without that of a hand: “Piano left”, “Piano (R.H.)” → “Piano”."""
    return HAND.sub("", name).strip()


def by_player(parts: Sequence[Part]) -> list[tuple[int, ...]]:
    """The indices of the parts of each player, in the order of the parts: of a pianist whose hands are two neighbouring
    parts the upper one first, of all others a single one."""
    players = [(part.program, instrument(part.name).casefold()) for part in parts]
    found: list[tuple[int, ...]] = []
    for i, part in enumerate(parts):
        pair = [j for j, player in enumerate(players) if player == players[i] and not parts[j].drums]
        if part.program not in KEYBOARDS or pair not in ([i, i + 1], [i - 1, i]):
            found.append((i,))
            continue
        lower, upper = sorted(pair, key=lambda j: float(np.median(parts[j].notes.pitch)))
        middles = [np.median(parts[j].notes.pitch) for j in (lower, upper)]
        if middles[1] - middles[0] < APART or any(parts[j].sounds != CONCERT for j in pair):
            found.append((i,))
        elif i == pair[0]:
            found.append((upper, lower))
    return found
