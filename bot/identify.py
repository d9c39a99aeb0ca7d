"""Whose turn it is to identify to Discord, if several bots share the shards of one token."""

import asyncio
import logging

from bot.store import FAULTS, Store

log = logging.getLogger("encore")

PAUSE = 5.0  # seconds that Discord wants between two shards of a bucket
LONGEST = 30.0  # seconds that a shard keeps its turn if it cannot identify


class IdentifyTurns:
    """Shards whose numbers are equal modulo `concurrency` take turns, over all bots that share a database."""

    def __init__(self, store: Store) -> None:
        self._store, self.concurrency = store, 1
        self._identified: dict[int, asyncio.Event] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def wait(self, shard: int) -> None:
        """Wait for a shard's turn, which ends `PAUSE` after `identified` was called for it."""
        begun, self._identified[shard] = asyncio.Event(), asyncio.Event()
        task = asyncio.create_task(self._hold(shard, begun))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        try:
            await begun.wait()
        except asyncio.CancelledError:
            task.cancel()
            raise

    def identified(self, shard: int) -> None:
        self._identified[shard].set()

    async def _hold(self, shard: int, begun: asyncio.Event) -> None:
        identified = self._identified[shard]
        try:
            async with self._store.alone(f"identify {shard % self.concurrency}"):
                begun.set()
                try:
                    await asyncio.wait_for(identified.wait(), LONGEST)
                except TimeoutError:
                    return
                await asyncio.sleep(PAUSE)
        except FAULTS as error:  # without a database each bot pauses for itself
            log.warning("shard %d does not wait for other bots: %r", shard, error)
            await asyncio.sleep(0 if begun.is_set() else PAUSE)
            begun.set()
