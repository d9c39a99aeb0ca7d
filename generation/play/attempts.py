"""Attempts at a take: which one is the best, and how many there are."""

from dataclasses import dataclass
from typing import Generic, TypeVar

ATTEMPTS = 4  # at a take that copies nothing
MORE_ATTEMPTS = 10  # at a take without displaced bars of the input, see `repeats.LONGEST`

Music = TypeVar("Music")


@dataclass(frozen=True, eq=False)
class Attempt(Generic[Music]):
    """A take as it was played once.

    music     the whole tune, or the new rows of a band
    copied    its notes beyond the limit, from a training tune
    repeated  its notes beyond the limit, from the input
    clean     how many of its new notes, or rows, come before displaced bars of the input; None if there are none
    """

    music: Music
    copied: int
    repeated: int
    clean: int | None

    @property
    def faults(self) -> tuple[bool, int]:
        """What decides between two attempts: whether there are displaced bars, then the notes beyond both limits."""
        return self.clean is not None, self.copied + self.repeated

    def or_better(self, before: "Attempt[Music] | None") -> "Attempt[Music]":
        """The one with fewer faults of this attempt and the best one before it; the earlier one of equals."""
        return self if before is None or self.faults < before.faults else before

    def suffices(self, number: int) -> bool:
        """Whether it is kept, as the best of so many attempts."""
        most = ATTEMPTS if self.clean is None else MORE_ATTEMPTS
        return self.copied + self.repeated == 0 or number >= most
