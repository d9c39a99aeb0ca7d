"""The client: a connection to Discord with everything that handlers need; and `Interaction`, which they receive."""

import asyncio
import hashlib
import json
import logging
from collections.abc import Coroutine
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeAlias

import aiohttp
import discord
from discord import app_commands

from bot.health import Health
from bot.identify import IdentifyTurns
from bot.queue import Queue
from bot.reconnect import reconnect_soon
from bot.settings import Settings, shards_of
from bot.store import FAULTS, Store
from bot.words.locale import Translator
from generation.serve.engine import Engine

if TYPE_CHECKING:
    from bot.shared_queue import SharedQueue

log = logging.getLogger("encore")

PURGE_EVERY = 3600.0  # seconds
GOODBYE = 5.0  # seconds that Discord has to close the connection when the bot is stopped
# Errors of a Discord that refuses something or cannot be reached. Where it is busy, discord.py tries again by itself;
# where a connection breaks, it does not.
DISCORD_FAULTS = (discord.HTTPException, aiohttp.ClientError, OSError)
UNKNOWN_MESSAGE = 10008  # Discord's error code for a message that was deleted
NEEDED = ("view_channel", "send_messages", "attach_files")  # for music that takes more than 15 minutes, or in a thread


Queues: TypeAlias = "Queue | SharedQueue"


class Encore(discord.AutoShardedClient):
    """Carries settings, store, engine and queue for every handler. `bot.app` adds the handlers."""

    def __init__(self, settings: Settings, store: Store, engine: Engine, queue: Queues) -> None:
        reconnect_soon()
        super().__init__(
            **_shards(settings.shards),
            intents=discord.Intents(guilds=True),  # nothing privileged
            proxy=settings.proxy,
            allowed_mentions=discord.AllowedMentions.none(),
            activity=discord.Activity(type=discord.ActivityType.listening, name="/extend"),
        )
        self.settings, self.store, self.engine, self.queue = settings, store, engine, queue
        self._turns = IdentifyTurns(store) if settings.shards else None
        self.health = Health(self, self.queue)
        self.tree = app_commands.CommandTree(
            self,
            allowed_contexts=app_commands.AppCommandContext(guild=True, dm_channel=True, private_channel=True),
            allowed_installs=app_commands.AppInstallationType(guild=True, user=True),
        )
        self.began = datetime.now(UTC)
        self._background: set[asyncio.Task[Any]] = set()
        self._leaving: asyncio.Task[None] | None = None

    async def setup_hook(self) -> None:
        await self.tree.set_translator(Translator())
        async with self.store.alone("commands"):
            await self._sync()
        if self._turns is not None:
            self._turns.concurrency = (await self.fetch_session_start_limits()).max_concurrency
        await self.health.start(self.settings.health_host, self.settings.health_port)
        self.spawn(self._purge())

    async def on_ready(self) -> None:
        log.info("ready as %s in %d servers", self.user, len(self.guilds))

    async def on_guild_available(self, guild: discord.Guild) -> None:
        warn_of_missing_permissions(guild)

    async def on_guild_join(self, guild: discord.Guild) -> None:
        warn_of_missing_permissions(guild)

    async def on_error(self, event_method: str, /, *args: Any, **kwargs: Any) -> None:
        log.exception("in %s", event_method)

    async def may_identify(self, shard: int) -> None:
        """Wait until a shard may identify. A bot that holds all shards need not: discord.py pauses between them."""
        if self._turns is not None:
            await self._turns.wait(shard)

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        if self._turns is None:
            await super().before_identify_hook(shard_id, initial=initial)
        else:
            self._turns.identified(shard_id or 0)

    async def _sync(self) -> None:
        """Register the commands if they have changed: Discord limits how often that may be done."""
        translator = Translator()
        payloads = [await command.get_translated_payload(self.tree, translator) for command in self.tree.get_commands()]
        described = json.dumps(payloads, sort_keys=True)
        stamp = f"{self.application_id}:{hashlib.sha256(described.encode()).hexdigest()}"
        if await self.store.note("commands") != stamp:
            await self.tree.sync()
            await self.store.write_note("commands", stamp)
            log.info("commands registered")

    async def _purge(self) -> None:
        while True:
            try:
                await self.store.purge()
            except FAULTS as error:
                log.warning("expired replies could not be deleted: %r", error)
            await asyncio.sleep(PURGE_EVERY)

    def spawn(self, work: Coroutine[Any, Any, Any]) -> None:
        """Start work that nobody waits for; it is cancelled when the bot closes."""
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    async def close(self) -> None:
        """End all work and leave Discord, waiting only briefly if the connection is dead."""
        if self._leaving is not None:
            return
        self._leaving = asyncio.create_task(super().close())
        for task in self._background:
            task.cancel()
        await self.health.stop()
        await asyncio.wait({self._leaving}, timeout=GOODBYE)

    async def __aexit__(self, *_: object) -> None:
        await self.close()


def _shards(said: str) -> dict[str, Any]:
    """The client's arguments for the shards that a setting names; none for all shards."""
    if not said:
        return {}
    ours, count = shards_of(said)
    return {
        "shard_ids": list(ours),
        "shard_count": count,
        "shard_connect_timeout": None,  # they wait for the shards of other bots; each try has a limit of its own
    }


Interaction: TypeAlias = discord.Interaction[Encore]


def warn_of_missing_permissions(guild: discord.Guild) -> None:
    """Tell the admin now: members would find out only when music is ready and cannot be posted."""
    held = guild.me.guild_permissions
    if missing := [name for name in NEEDED if not getattr(held, name)]:
        words = ", ".join(name.replace("_", " ") for name in missing)
        log.warning("on the server %r Encore lacks permissions: %s. Grant them to its role there.", guild.name, words)
