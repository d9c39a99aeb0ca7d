"""The length of the new music that was asked for: seconds or bars → ticks."""

from generation.model.tokens import TICKS
from generation.request import MOST_SECONDS, Refusal


def wished(tempo: float, bar: float | None, seconds: float, bars: int = 0) -> int:
    """How many ticks of new music were asked for: `bars` bars of `bar` quarters or, if `bars` is 0, `seconds` at a
    `tempo` in quarter notes a minute. Raises `Refusal` if the bars last too long."""
    pace = tempo / 60 * TICKS
    if not bars:
        return round(seconds * pace)
    ticks = round(bars * (bar or 4.0) * TICKS)
    if ticks > MOST_SECONDS * pace:
        raise Refusal(
            "{bars} bars last {seconds} s at this tempo; the limit is {limit} s. Ask for at most {most} bars.",
            bars=bars, seconds=round(ticks / pace), limit=MOST_SECONDS, most=int(MOST_SECONDS * pace * bars / ticks),
        )  # fmt: skip
    return ticks + 1  # so that music that begins in the middle of a bar counts from the next bar line
