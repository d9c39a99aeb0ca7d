"""Rate limits: Discord's headers on every answer, 429 for a bot that is too fast, and failures that tests ask for."""

import math
import re
import time
from dataclasses import dataclass, field

# method and path → requests, in seconds. What Discord has today; a bot must obey the headers, not these figures.
BUCKETS = (
    (r"POST /channels/\d+/messages", 5, 5.0),
    (r"(PATCH|DELETE) /channels/\d+/messages/\d+", 5, 5.0),
    (r"(POST|PATCH|DELETE) /webhooks/\d+/[^/]+.*", 5, 2.0),
    (r"PUT /applications/.*/commands", 2, 20.0),
    (r".*", 50, 1.0),
)


@dataclass
class Bucket:
    limit: int
    per: float
    opened: float
    used: int = 0


@dataclass
class Fault:
    """The next `times` requests whose "METHOD /path" matches are answered with `status` and Discord's `code`; with
    status 0 the connection breaks instead."""

    pattern: str
    status: int
    code: int
    times: int
    retry_after: float
    is_global: bool


@dataclass
class Limits:
    buckets: dict[str, Bucket] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    faults_hit: int = 0

    def fail(
        self,
        pattern: str = ".*",
        *,
        status: int = 429,
        code: int = 0,
        times: int = 1,
        retry_after: float = 0.3,
        is_global: bool = False,
    ) -> None:
        self.faults.append(Fault(pattern, status, code, times, retry_after, is_global))

    def ordered_fault(self, what: str) -> Fault | None:
        for fault in self.faults:
            if fault.times and re.search(fault.pattern, what):
                fault.times -= 1
                self.faults_hit += 1
                return fault
        return None

    def count(self, what: str) -> tuple[dict[str, str], float | None]:
        """Headers for the answer to "METHOD /path", and seconds to wait if it came too early."""
        number, (_, limit, per) = next((n, b) for n, b in enumerate(BUCKETS) if re.fullmatch(b[0], what))
        major = re.search(r"/(?:channels|guilds|webhooks)/\d+(?:/[\w=-]{40,})?", what)
        key = f"{number}:{major.group() if major else what if number == len(BUCKETS) - 1 else ''}"
        now = time.monotonic()
        bucket = self.buckets.get(key)
        if bucket is None or now >= bucket.opened + per:
            open_still = {name: one for name, one in self.buckets.items() if now < one.opened + one.per}
            self.buckets = open_still  # a preview may run for weeks, and each interaction has a bucket of its own
            bucket = self.buckets[key] = Bucket(limit, per, now)
        bucket.used += 1
        left = bucket.opened + per - now
        headers = {
            "X-RateLimit-Limit": str(limit),
            "X-RateLimit-Remaining": str(max(0, limit - bucket.used)),
            "X-RateLimit-Reset": f"{time.time() + left:.3f}",
            "X-RateLimit-Reset-After": f"{left:.3f}",
            "X-RateLimit-Bucket": f"{abs(hash((number, 'bucket'))):032x}"[:32],
        }
        if bucket.used <= limit:
            return headers, None
        return headers, math.ceil(left * 1000) / 1000
