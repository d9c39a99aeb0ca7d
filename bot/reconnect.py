"""Bring the bot back soon after an outage of Discord: by itself, discord.py waits up to 17 minutes between two tries.

discord.py offers no setting for this, so two names in its module for shards are replaced, by classes that do the same
with less patience. Only connections that cannot be made wait here, so Discord's limit of identifications a day, which
counts those that were made, is as far away as before: one that is lost is resumed at once, with or without this.
"""

import asyncio
import random
from typing import Any, Literal, Self

from discord import shard
from discord.backoff import ExponentialBackoff
from discord.gateway import DiscordWebSocket

LONGEST_PAUSE = 8.0  # seconds between two tries; chance shortens it, so that not all bots come back at once
LONGEST_TRY = 12.0  # seconds, five of which discord.py sleeps before it identifies; by itself it takes up to 60


class Backoff(ExponentialBackoff[Literal[False]]):
    def delay(self) -> float:
        """Seconds until the next try: as discord.py has it at first, a few in a long outage."""
        return min(super().delay(), random.uniform(LONGEST_PAUSE / 2, LONGEST_PAUSE))  # noqa: S311 — no secret


class WebSocket(DiscordWebSocket):
    @classmethod
    async def from_client(cls, client: Any, **kwargs: Any) -> Self:
        """An open connection. `TimeoutError` if Discord accepts it but says nothing."""
        if not kwargs.get("resume"):
            await client.may_identify(kwargs.get("shard_id") or 0)
        async with asyncio.timeout(LONGEST_TRY):
            return await super().from_client(client, **kwargs)


def reconnect_soon() -> None:
    """Make every client of this process reconnect soon, from now on."""
    vars(shard).update(ExponentialBackoff=Backoff, DiscordWebSocket=WebSocket)
