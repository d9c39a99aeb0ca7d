"""`python -m bot`: on Discord with a token, in the browser without; what keeps it from starting in one plain line."""

import asyncio
import logging
import signal
import sys

import aiohttp
import discord
from pydantic import ValidationError
from sqlalchemy.exc import SQLAlchemyError

from bot.settings import Settings

TOGETHER = 25.0  # seconds that running requests have to finish when the bot is asked to stop


def main() -> int:
    try:
        settings = Settings()
    except ValidationError as error:
        first = error.errors()[0]
        return _complain(f"the setting {'.'.join(map(str, first['loc']))} is wrong: {first['msg']}.")
    if not settings.token.get_secret_value():
        from bot.preview.run import main as preview

        return preview()
    logging.basicConfig(level=settings.log_level, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("discord").setLevel(logging.WARNING)
    try:
        return asyncio.run(_run(settings))
    except discord.LoginFailure:
        return _complain("Discord does not accept DISCORD_TOKEN. Copy the bot's token anew from the developer portal.")
    except discord.PrivilegedIntentsRequired:
        return _complain("Discord refuses the intents of this bot. It needs none that are privileged.")
    except (aiohttp.ClientError, discord.DiscordException, OSError) as error:
        return _complain(f"Discord cannot be reached: {_line(error)}")
    except SQLAlchemyError as error:
        return _complain(f"the database cannot be used: {_line(error)}")


async def _run(settings: Settings) -> int:
    from bot.app import Encore
    from bot.store import Store
    from generation.studio import Studio

    async with (
        Store(settings.database_url, settings.keep_days) as store,
        Studio(settings.crafts, settings.model) as studio,
        Encore(settings, store, studio) as bot,
    ):
        stopping = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stopping.set)
        playing = asyncio.create_task(bot.start(settings.token.get_secret_value()))
        asked = asyncio.create_task(stopping.wait())
        await asyncio.wait((playing, asked), return_when=asyncio.FIRST_COMPLETED)
        asked.cancel()
        if not playing.done():
            await bot.line.close(TOGETHER)
            await bot.close()
        await playing
    return 0


def _line(error: BaseException) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__


def _complain(sentence: str) -> int:
    print(f"encore: {sentence}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
