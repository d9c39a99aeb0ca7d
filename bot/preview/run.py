"""`python -m bot` without a token: the stand-in, its page, and the real bot as a process of its own."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from bot.preview.memory import load_messages, remember_commands, save_messages
from bot.preview.page import Page
from bot.preview.standin import StandIn

DATA = Path("data")  # where settings survive a restart
MESSAGES = "preview-messages.msgpack"
PATIENCE = 30.0  # seconds the bot has to finish what runs when it is asked to stop


def main(wanted: str, command: Sequence[str] = (sys.executable, "-m", "bot")) -> int:
    """Run the preview at the port `wanted` until Ctrl-C or SIGTERM; 0, or the exit code of a bot that ended by
    itself."""
    if wanted == "off":  # as in a container, where no browser can reach it
        print("encore: DISCORD_TOKEN is missing. Copy the bot's token from the developer portal.", file=sys.stderr)
        return 1
    if not wanted.isdigit() or int(wanted) > 65535:
        print(f"ENCORE_PREVIEW_PORT is {wanted!r}; it must be a number from 0 to 65535, or off.", file=sys.stderr)
        return 2
    DATA.mkdir(exist_ok=True)
    return asyncio.run(preview(int(wanted), command))


async def preview(port: int, command: Sequence[str]) -> int:
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # the last: the terminal was closed
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    standin = StandIn()
    page = Page(standin)
    remember_commands(standin.world, DATA / "preview-commands.json")
    load_messages(standin.world, DATA / MESSAGES)
    async with contextlib.AsyncExitStack() as ending:
        ending.callback(save_messages, standin.world, DATA / MESSAGES)
        ending.push_async_callback(standin.stop)
        await standin.start()
        ending.push_async_callback(page.stop)
        port = await page.start(port)
        bot = await start_bot(standin, command)
        ending.push_async_callback(stop_bot, bot)
        print(f"Encore is playing in your browser: http://127.0.0.1:{port}  (Ctrl-C ends it)", flush=True)
        return await watch(bot, page, stopped)


async def start_bot(standin: StandIn, command: Sequence[str]) -> asyncio.subprocess.Process:
    """The bot as it runs on Discord, but for the token, the proxy and the authority it trusts.

    In a process group of its own: Ctrl-C reaches us alone, and we ask it to stop."""
    return await asyncio.create_subprocess_exec(
        *command,
        env={**os.environ, **standin.environment},
        stdin=asyncio.subprocess.DEVNULL,
        start_new_session=True,
    )


async def watch(bot: asyncio.subprocess.Process, page: Page, stopped: asyncio.Event) -> int:
    """Wait for the end. A bot that ends by itself leaves the page up, which says so."""
    ended, asked = asyncio.create_task(bot.wait()), asyncio.create_task(stopped.wait())
    await asyncio.wait((ended, asked), return_when=asyncio.FIRST_COMPLETED)
    if ended.done() and not asked.done():
        words = f"The bot ended with exit code {ended.result()}; the terminal says why."
        print(f"{words} Ctrl-C ends the preview.", file=sys.stderr, flush=True)
        page.say_trouble(words)
        await asked
        return ended.result() or 0
    ended.cancel()
    return 0


async def stop_bot(bot: asyncio.subprocess.Process) -> None:
    if bot.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        bot.terminate()
    try:
        await asyncio.wait_for(bot.wait(), PATIENCE)
    except TimeoutError:
        bot.kill()
        await bot.wait()
