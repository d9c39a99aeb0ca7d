"""The role and the instrument family of each part, from names, codes, programs and the notes themselves."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from generation.model.band import NO_FAMILY
from generation.model.full_score import FullScore, PartOf, Reals
from generation.model.tokens import Ints

KEYS, ORGAN, GUITAR, BASS, STRINGS, ENSEMBLE, BRASS, REED, PIPE, PAD = 0, 2, 3, 4, 5, 6, 7, 8, 9, 11
# Text in the name of a part, in lower case → family of General MIDI; the first match counts.
FAMILIES = {
    "piano": KEYS, "forte": KEYS, "klav": KEYS, "clavi": KEYS, "harpsi": KEYS, "cemba": KEYS,
    "organ": ORGAN, "physh": ORGAN,
    "guitar": GUITAR, "liut": GUITAR, "lute": GUITAR,
    "violon": STRINGS, "violin": STRINGS, "viol": STRINGS, "cello": STRINGS, "cbass": STRINGS, "contrabass": STRINGS,
    "double bass": STRINGS, "arpa": STRINGS, "harp": STRINGS, "timp": STRINGS, "kontrabass": STRINGS,
    "bassoon": REED, "fagot": REED, "clar": REED, "klarin": REED, "oboe": REED, "hautb": REED, "corno inglese": REED,
    "sax": REED, "cang": REED, "english horn": REED, "basson": REED,
    "flut": PIPE, "flaut": PIPE, "flt": PIPE, "picc": PIPE, "flöt": PIPE,
    "cor": BRASS, "horn": BRASS, "trom": BRASS, "trump": BRASS, "tub": BRASS, "clrn": BRASS, "ophic": BRASS,
    "serp": BRASS, "posaun": BRASS,
    "vox": ENSEMBLE, "voice": ENSEMBLE, "sopr": ENSEMBLE, "alto": ENSEMBLE, "tenor": ENSEMBLE, "bass": ENSEMBLE,
    "cant": ENSEMBLE, "barit": ENSEMBLE, "mezzo": ENSEMBLE, "male": ENSEMBLE, "feme": ENSEMBLE, "sing": ENSEMBLE,
    "coro": ENSEMBLE, "choir": ENSEMBLE, "gesang": ENSEMBLE, "vocal": ENSEMBLE, "isoprn": ENSEMBLE,
}  # fmt: skip
CHORDAL = (KEYS, 1, ORGAN, GUITAR)


@dataclass(eq=False)
class Staff:
    """What a file says about one of its parts; `lead` and `drums`: whether it says that the part is one."""

    name: str = ""
    code: str = ""
    family: int = NO_FAMILY
    lead: bool = False
    drums: bool = False
    timing: bool = False
    dynamics: bool = False


def family_of(staff: Staff) -> int:
    """The family of a part: from its program, or else its code, or else its name."""
    if staff.family != NO_FAMILY:
        return staff.family
    for words in (staff.code.lower() if staff.code != "empty" else "", staff.name.lower()):
        for name, family in FAMILIES.items():
            if words and name in words:
                return family
    return NO_FAMILY


def full_score(
    onset: Reals,
    duration: Reals,
    pitch: Ints,
    velocity: Ints,
    staff: Ints,
    staves: Sequence[Staff],
    upward: bool = False,
    **about: Any,
) -> FullScore:
    """A score of n notes whose parts have roles. `staff` (n,) numbers the staves from the first of `staves` on, or from
    the last if `upward`."""
    staff = len(staves) - 1 - staff if upward else staff
    families = [family_of(each) for each in staves]
    size = np.bincount(staff, minlength=len(staves))
    mean = np.bincount(staff, pitch, minlength=len(staves)) / np.maximum(size, 1)
    playing = [i for i in range(len(staves)) if size[i] and not staves[i].drums]
    lead = next((i for i in playing if staves[i].lead), None)
    if lead is None:
        sung = [i for i in playing if families[i] == ENSEMBLE and size[i] > 0.02 * size.sum()]
        busy = sung or [i for i in playing if size[i] > 0.1 * size.sum()] or playing
        lead = max(busy, key=lambda i: float(mean[i]), default=None)
    rest = [i for i in playing if i != lead]
    lowest = min(rest, key=lambda i: float(mean[i]), default=None)
    parts = []
    for i, each in enumerate(staves):
        role = "second"
        if each.drums:
            role = "drums"
        elif i == lead:
            role = "lead"
        elif families[i] == BASS or (i == lowest and families[i] not in CHORDAL and mean[i] < 56):
            role = "bass"
        elif families[i] in CHORDAL:
            role = "chords"
        elif families[i] == PAD:
            role = "pad"
        parts.append(PartOf(role, NO_FAMILY if each.drums else families[i], each.timing, each.dynamics))
    return FullScore(onset, duration, pitch, velocity, staff, tuple(parts), **about)
