"""Tell by its CPU time whether a process works, hangs or has used up its job's limit, however busy the machine is."""

import os
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from time import monotonic

LOOK = 0.25  # seconds from one look to the next
TOLD = Path("/proc/self/stat").exists()
SLOWEST = 50  # a process that is at work is assumed to get at least 1/50 of a core


@dataclass(frozen=True)
class Limits:
    """What a job may cost.

    work     seconds of CPU time, all threads together
    silence  seconds without a sign of life: it sends nothing, uses no CPU time and waits for neither core nor disk
    """

    work: float
    silence: float


class Verdict(Enum):
    AT_WORK = "at work"
    HANGS = "hangs"
    SPENT = "has used up its limit"


class Watch:
    """Judges a process that has something to do. `look` is to be called every `LOOK` seconds. Looks are counted, not
    the time between them, so that a bot that was itself suspended for a while does not kill a healthy process."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self.begin(Limits(0.0, 0.0))

    def begin(self, limits: Limits) -> None:
        """Start counting again, within new limits."""
        self._limits = limits
        self._began = self._used = _cpu_time(self._pid)[0]
        self._looks = self._idle = 0

    def heard(self) -> None:
        """Note that the process sent something."""
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
    """Seconds of CPU time that a process has used, and whether it is running or waits for a core or a disk now.

    Without /proc, as on macOS, all time counts as work, so a process that hangs is noticed only at its limit of work.
    """
    if not TOLD:
        return monotonic(), False
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:  # it has just ended
        return 0.0, False
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"), fields[0] in "RD"
