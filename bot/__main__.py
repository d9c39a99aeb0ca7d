"""`python -m bot`: on Discord with a token, in the browser without; `backup` and `restore` copy its database.

If the bot cannot start, one line says why."""

import asyncio
import contextlib
import logging
import os
import re
import signal
import sys
from collections.abc import Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Any

import aiohttp
import discord
from pydantic import ValidationError

from bot.logs import start_logging
from bot.settings import CannotStart, Settings, doubts
from generation.request import checkpoint_faults

if TYPE_CHECKING:
    from bot.client import Queues
    from bot.store import Store
    from generation.serve.engine import Engine

log = logging.getLogger("encore")

TOKEN_REVOKED = 4004  # the gateway's code for a token that is no longer valid


async def run(settings: Settings) -> int:
    """Serve on Discord until a signal ends it. Raises `CannotStart`, or Discord's errors."""
    from bot.app import encore
    from bot.store import Store

    async with contextlib.AsyncExitStack() as ending:
        try:
            store = await ending.enter_async_context(Store(settings.database_url, settings.keep_days))
        except Exception as error:  # every driver has errors of its own
            raise CannotStart(f"the database of ENCORE_DATABASE_URL cannot be used: {_line(error)}") from error
        engine, queue = await _engine(settings, store, ending)
        bot = await ending.enter_async_context(encore(settings, store, engine, queue))
        stopping = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stopping.set)
        playing = asyncio.create_task(bot.start(settings.token.get_secret_value().strip()))
        asked = asyncio.create_task(stopping.wait())
        await asyncio.wait((playing, asked), return_when=asyncio.FIRST_COMPLETED)
        asked.cancel()
        if not playing.done():
            await bot.queue.close(settings.grace)
            await bot.close()
            playing.cancel()  # it may be asleep until its next try to reach Discord
        with contextlib.suppress(asyncio.CancelledError):
            await playing
    return 0


def main(arguments: Sequence[str] = (), run: Callable[[Settings], Coroutine[Any, Any, int]] = run) -> int:
    try:
        settings = Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0])
        name = name if name.isupper() else f"ENCORE_{name.upper()}"
        return _complain(f"the setting {name} is wrong: {first['msg'][:1].lower()}{first['msg'][1:]}.")
    if arguments:
        from bot.backup import main as backup

        try:
            print(f"encore: {backup(arguments, settings)}.")
        except CannotStart as error:
            return _complain(f"{error}.")
        return 0
    if not settings.token.get_secret_value().strip():
        from bot.preview.run import main as preview

        return preview(settings.preview_port)
    os.environ |= settings.for_workers()  # also if they are set in .env
    start_logging(settings.log_level, settings.log_format)
    if settings.crafts is not None:
        log.warning("ENCORE_CRAFTS is called ENCORE_RENDER_WORKERS now; the next release will not know the old name")
    for doubt in (*doubts(settings), *checkpoint_faults()):
        log.warning("%s", doubt)
    discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False  # no voice here
    try:
        return asyncio.run(run(settings))
    except discord.LoginFailure:
        return _complain("Discord does not accept DISCORD_TOKEN. Copy the bot's token again from the developer portal.")
    except discord.ConnectionClosed as error:
        if error.code == TOKEN_REVOKED:
            return _complain("Discord no longer accepts DISCORD_TOKEN. Copy the bot's token again from the portal.")
        return _complain(f"Discord closed the connection: {_line(error)}")
    except discord.PrivilegedIntentsRequired:
        return _complain("Discord refuses the intents of this bot. It needs none that are privileged.")
    except discord.HTTPException as error:
        return _complain(f"Discord refuses what the bot asks for: {_line(error)}")
    except (aiohttp.ClientError, discord.DiscordException, OSError) as error:
        return _complain(f"Discord cannot be reached: {_line(error)}")
    except CannotStart as error:
        return _complain(str(error))


async def _engine(settings: Settings, store: "Store", ending: contextlib.AsyncExitStack) -> "tuple[Engine, Queues]":
    """The engine, and the queue before it: in this process, or at the NATS server of ENCORE_ENGINE."""
    if not settings.engine:
        from bot.queue import Queue
        from generation.serve.pool import WorkerPool

        pool = await ending.enter_async_context(WorkerPool(settings.render_workers, settings.model))
        return pool, Queue(settings.at_once, settings.queue, settings.hourly)
    from bot.shared_queue import SharedQueue
    from generation.request import Refusal
    from generation.serve.nats_engine import NatsEngine

    try:
        longest = settings.at_once + settings.queue
        engine = await ending.enter_async_context(NatsEngine(settings.engine, longest))
    except Refusal as refusal:
        raise CannotStart(f"ENCORE_ENGINE cannot be used: {_line(refusal)}") from refusal
    return engine, SharedQueue(engine, store, settings.queue, settings.hourly)


def _line(error: BaseException) -> str:
    """An error in one line, without a password that an address in it may contain."""
    words = re.sub(r"://[^/@\s]*@", "://…@", " ".join(str(error).split()))
    return words[:200] or ("it does not answer" if isinstance(error, TimeoutError) else type(error).__name__)


def _complain(sentence: str) -> int:
    print(f"encore: {sentence}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
