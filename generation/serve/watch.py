"""Whether a process is at work, hangs, or has spent what its job may cost: by its CPU time, so never by how busy the
machine is."""

import os
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from time import monotonic

LOOK = 0.25  # seconds from one look to the next
TOLD = Path("/proc/self/stat").exists()
SLOWEST = 50  # a process that is at work gets at least one part in so many of a core


@dataclass(frozen=True)
class Limits:
    """What a job may cost.

    work     seconds of CPU time in all, whatever thread uses them
    silence  seconds without a sign of life: nothing sent, no CPU time used, and no core or disk waited for
    """

    work: float
    silence: float


class Verdict(Enum):
    AT_WORK = "at work"
    HANGS = "hangs"
    SPENT = "has spent what it may"


class Watch:
    """Looks at a process every `LOOK` seconds while there is something to do for it. What counts are the looks, not the
    time between them: a bot that was itself halted for a while blames nobody."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self.begin(Limits(0.0, 0.0))

    def begin(self, limits: Limits) -> None:
        """Something new to do, within other limits."""
        self._limits = limits
        self._began = self._used = _cpu_time(self._pid)[0]
        self._looks = self._idle = 0

    def heard(self) -> None:
        """The process sent something."""
        self._idle = 0

    def look(self) -> Verdict:
        used, waits = _cpu_time(self._pid)
        self._looks += 1
        self._idle = 0 if used > self._used or waits else self._idle + 1
        self._used = used
        if used - self._began >= self._limits.work or self._looks * LOOK >= self._limits.work * SLOWEST:
            return Verdict.SPENT
        return Verdict.HANGS if self._idle * LOOK >= self._limits.silence else Verdict.AT_WORK


def _cpu_time(pid: int) -> tuple[float, bool]:
    """Seconds of CPU time that a process has used, and whether it waits for a core or a disk just now.

    Where the system does not tell, all time counts as work: what hangs there is noticed once its work would be done."""
    if not TOLD:
        return monotonic(), False
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:  # it has just ended
        return 0.0, False
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"), fields[0] in "RD"
