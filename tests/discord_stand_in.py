"""Drives the real bot through a Discord on loopback: people type commands, press buttons, fill in forms.

In a test file:

    pytestmark = pytest.mark.asyncio(loop_scope="session")      # all of Discord lives in one event loop

    async def test_extend(discord):                             # the fixture runs the bot and asserts: no violations
        reply = await discord.command("extend", {"tune": ("a.abc", b"X:1..."), "seconds": 10}, until=has_files)
        assert "take-1.mp3" in reply.files and not reply.ephemeral
        again = await discord.press(reply, "Another take", user=discord.admin)
        form = await discord.command("extend")                  # a reply can be a modal
        reply = await discord.submit(form, {"abc": "X:1..."})
        reply = await discord.command("settings temperature", {"value": 0.7}, user=discord.admin)
        assert ("D minor", "D minor") in await discord.suggestions("compose", "key", "d m")
        await discord.on_message("Extend this melody", discord.say("listen", [("a.mid", data)]))

People: `admin` (Ada: manages the servers), `moderator` (Mo: manages messages), `member` (Ben: the default).
Places: `channel` (the default), `lounge` (same server), `other_channel` (another server), `dm(user)`.
`until` is a predicate on the `Reply`, asked again and again; default: anything but "thinking".

Mishaps: `await discord.drop_gateway()`, `await discord.drop_gateway(resumable=False)`, `discord.pass_time(901)` (tokens
die after 900 s), `discord.limits.fail("PATCH /webhooks", status=429, times=2)` (or 500, 503; 0
breaks the connection), `await discord.restart_bot()`, `discord.channel.bot_permissions`,
`discord.world.attachment_size_limit`,
`discord.server.open_to_all.add("settings")` (admins opened a command to all). `discord.log()` is what the bot printed.

A fresh Discord with a process of its own, other settings or another bot:
    async with running(folder, env={"ENCORE_…": "1"}, command=[sys.executable, "other.py"]) as discord: ...
"""

import asyncio
import contextlib
import os
import re
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from bot.preview import people
from bot.preview.messages import Upload
from bot.preview.standin import TOKEN, StandIn
from bot.preview.world import Change, Channel, Guild, Interaction, Message, User, furnished
from tests.discord_openapi import Description
from tests.discord_reply import Reply, acknowledged, answered, buttons, has_files, labels
from tests.patience import PATIENCE

ROOT = Path(__file__).parent.parent
LONG = 15.0  # seconds without Discord, after which a bot may take the line for dead
IN_THE_QUEUE = re.compile("Encore is playing for you|You are number")  # the answer of /queue
NamedBytes = tuple[str, bytes]
JUDGE = Description()


class Discord:
    def __init__(self, folder: Path, command: Sequence[str], env: dict[str, str]) -> None:
        self.standin = StandIn(judge=JUDGE)
        self.world, self.gateway, self.limits = self.standin.world, self.standin.gateway, self.standin.limits
        self.world.acknowledge_within = PATIENCE  # Discord's three seconds would be asserted of a busy machine
        self.command_line, self.folder = command, folder
        # One render worker is enough where nothing is said of them: each takes two seconds of a core to start.
        plain = {"ENCORE_DATABASE_URL": f"sqlite+aiosqlite:///{folder}/encore.sqlite3", "ENCORE_RENDER_WORKERS": "1"}
        self.env = plain | env
        self.process: asyncio.subprocess.Process | None = None
        self.awake = asyncio.get_running_loop().time()  # when a test was last here
        self._askers: set[User] = set()  # whoever may still be played for
        self.world.listeners.append(self._note)
        people_by_name = {user.name: user for user in self.world.users.values()}
        self.admin, self.member, self.moderator = (people_by_name[name] for name in ("ada", "ben", "mo"))
        self.server, self.other_server = self.world.guilds.values()
        self.channel, self.lounge = self.server.channels
        self.other_channel = self.other_server.channels[0]

    # Places and state

    def dm(self, user: User | None = None) -> Channel:
        return next(room for room in self.world.channels.values() if room.recipient is (user or self.member))

    @property
    def violations(self) -> list[str]:
        return self.world.violations

    def messages(self, where: Channel | None = None) -> list[Message]:
        return list((where or self.channel).messages.values())

    def log(self) -> str:
        path = self.folder / "bot.log"
        return path.read_text("utf-8", "replace") if path.exists() else ""

    async def until(self, ready: Callable[[], Any], what: object = "the event that the test waits for") -> Any:
        """The first true answer of `ready`, asked again and again. `what` is written out if it never comes."""
        end = asyncio.get_running_loop().time() + PATIENCE
        while not (found := ready()):
            assert asyncio.get_running_loop().time() < end, (
                f"{what} did not happen. The bot said:\n{self.log()[-4000:]}"
            )
            await asyncio.sleep(0.01)
        return found

    # What people do

    async def command(
        self,
        path: str,
        options: dict[str, Any] | None = None,
        *,
        user: User | None = None,
        where: Channel | None = None,
        until: Callable[[Reply], bool] = answered,
    ) -> Reply:
        """Use a slash command. Files are given as (name, bytes). Raises `people.Rejected` for anything that Discord's
        own app does not let through: an unknown command, a number beyond its limits."""
        given = {name: upload(value) for name, value in (options or {}).items()}
        return await self.reply(people.use(self.world, user or self.member, where or self.channel, path, given), until)

    async def on_message(
        self,
        name: str,
        target: Message | Reply,
        *,
        user: User | None = None,
        until: Callable[[Reply], bool] = answered,
    ) -> Reply:
        """Use a message's context menu."""
        message = target.message if isinstance(target, Reply) else target
        return await self.reply(people.use_on_message(self.world, user or self.member, name, message), until)

    async def press(
        self,
        on: Message | Reply,
        button: str,
        *,
        user: User | None = None,
        values: Sequence[str] = (),
        until: Callable[[Reply], bool] = answered,
    ) -> Reply:
        """Press a button, by its label or custom_id; or choose `values` of a select, by its custom_id."""
        message = on.message if isinstance(on, Reply) else on
        custom_id = buttons(message)[button]["custom_id"] if button in buttons(message) else button
        return await self.reply(people.press(self.world, user or self.member, message, custom_id, values), until)

    async def submit(
        self,
        form: Reply,
        fields: dict[str, Any],
        *,
        user: User | None = None,
        until: Callable[[Reply], bool] = answered,
    ) -> Reply:
        """Send a modal; `fields` by custom_id or by label: text, a list of values, a list of (name, bytes)."""
        ids = labels(form.modal)
        given = {
            ids.get(name, name): [upload(v) for v in value] if isinstance(value, list) else value
            for name, value in fields.items()
        }
        return await self.reply(people.submit(self.world, user or form.asked.user, form.asked, given), until)

    async def suggestions(
        self,
        path: str,
        option: str,
        typed: str,
        others: dict[str, Any] | None = None,
        *,
        user: User | None = None,
        where: Channel | None = None,
    ) -> list[tuple[str, Any]]:
        """What autocompletion offers, as (name, value)."""
        given = {**(others or {}), option: typed}
        asked = people.complete(self.world, user or self.member, where or self.channel, path, given, option)
        await self.reply(asked, lambda reply: reply.asked.choices is not None)
        return [(choice["name"], choice["value"]) for choice in asked.choices or []]

    def say(
        self,
        text: str = "",
        files: Sequence[NamedBytes] = (),
        *,
        user: User | None = None,
        where: Channel | None = None,
    ) -> Message:
        return people.say(self.world, user or self.member, where or self.channel, text, [Upload(*f) for f in files])

    def say_aloud(self, sound: bytes, seconds: float, *, user: User | None = None) -> Message:
        """Send a voice message, as Discord's app for phones does."""
        upload = Upload("voice-message.ogg", sound)
        return people.say_aloud(self.world, user or self.member, self.channel, upload, seconds)

    async def reply(self, asked: Interaction, until: Callable[[Reply], bool]) -> Reply:
        reply = Reply(asked)
        await self.until(lambda: asked.failed or (asked.answer is not None and until(reply)), reply)
        assert not asked.failed, f"The application did not respond in time to {asked.data}:\n{self.log()[-4000:]}"
        return reply

    # What befalls the bot

    def pass_time(self, seconds: float) -> None:
        """Let Discord's clock run ahead: tokens and links die, the bot's own clock does not move."""
        self.world.pass_time(seconds)

    async def drop_gateway(self, *, resumable: bool = True) -> None:
        """Cut the websocket and wait until the bot is back."""
        before = self.gateway.resumed, self.gateway.identified
        await self.gateway.drop(resumable=resumable)
        await self.until(
            lambda: self.gateway.online and (self.gateway.resumed, self.gateway.identified) != before,
            "the bot's return to the gateway",
        )

    async def wake(self) -> None:
        """Discord stood still while tests ran that do not need it. If that was for long, the bot takes the line for
        dead, now or soon: let it come back before anybody asks it for something."""
        if asyncio.get_running_loop().time() - self.awake > LONG:
            await self.drop_gateway(resumable=False)

    async def start_bot(self) -> None:
        """Start the bot's process and wait until it is there with its commands."""
        log = (self.folder / "bot.log").open("ab")
        try:
            self.process = await asyncio.create_subprocess_exec(
                *self.command_line,
                cwd=ROOT,
                env={
                    **os.environ,
                    **self.standin.environment,
                    "STAND_IN_PORT": str(self.standin.tunnel.target_port),
                    "PYTHONUNBUFFERED": "1",
                    **self.env,
                },
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        finally:
            log.close()
        ended = asyncio.create_task(self.process.wait())
        there = asyncio.create_task(
            self.until(lambda: self.gateway.online and self.world.commands, "the start of the bot")
        )
        try:
            await asyncio.wait((ended, there), return_when=asyncio.FIRST_COMPLETED)
            assert there.done(), f"The bot ended with {ended.result()}:\n{self.log()}"
            await there
        finally:
            there.cancel()
            ended.cancel()

    async def stop_bot(self, *, hard: bool = False) -> int:
        """Stop the process with SIGTERM (or SIGKILL) and give its exit code."""
        assert self.process
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGKILL if hard else signal.SIGTERM)
        try:
            async with asyncio.timeout(PATIENCE):
                code = await self.process.wait()
        except TimeoutError:
            self.process.kill()
            await self.process.wait()
            raise AssertionError(f"The bot did not end within {PATIENCE} s of SIGTERM:\n{self.log()[-4000:]}") from None
        await self.until(lambda: not self.gateway.online, "the end of the bot's connection")
        return code

    async def restart_bot(self) -> None:
        await self.stop_bot()
        await self.start_bot()

    async def rest(self) -> None:
        """After a test: undo what it changed, and wait until the bot is there and plays for nobody. What a test asked
        for may not come in the next one."""
        self.restore()
        if self.process is None or self.process.returncode is not None:
            await self.start_bot()
        for user in [*self._askers]:
            while IN_THE_QUEUE.search((await self.command("queue", user=user)).text):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        self._askers.clear()

    def _note(self, change: Change) -> None:
        if change.interaction is not None:
            self._askers.add(change.interaction.user)

    def refresh(self) -> None:
        """Before a test: forget what another one left behind, its messages, violations and settings too."""
        self.restore()
        self.violations.clear()
        for room in self.world.channels.values():
            room.messages.clear()
        if (path := self.folder / "encore.sqlite3").exists():
            with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as database:
                database.execute("DELETE FROM servers")

    def restore(self) -> None:
        """Undo failures ordered, outages, and changes of people, permissions, languages and limits."""
        self.limits.faults.clear()
        self.limits.buckets.clear()
        self.gateway.shut = False
        fresh = furnished(TOKEN)
        self.world.attachment_size_limit = fresh.attachment_size_limit
        self.world.token_lives, self.world.acknowledge_within = fresh.token_lives, PATIENCE
        for room in self.world.channels.values():
            room.bot_permissions = fresh.channels[room.id].bot_permissions
        for guild in self.world.guilds.values():
            guild.locale, guild.everyone = fresh.guilds[guild.id].locale, fresh.guilds[guild.id].everyone
            guild.members = dict(fresh.guilds[guild.id].members)
            guild.open_to_all.clear()
            guild.away = False
        self.world.users = {name: user for name, user in self.world.users.items() if name in fresh.users}
        for user in self.world.users.values():
            user.locale = fresh.users[user.id].locale


async def refusal(discord: Discord, reply: Reply) -> str:
    """The sentence that only the sender sees; if "thinking" was public before it, that must be gone."""
    await discord.until(lambda: reply.asked.followups or (answered(reply) and reply.ephemeral), "a refusal")
    said = reply.asked.followups[-1] if reply.asked.followups else reply.message
    assert said.only_for is reply.asked.user
    assert said is reply.message or reply.message.id not in reply.asked.channel.messages
    return said.content


def upload(value: Any) -> Any:
    return Upload(*value) if isinstance(value, tuple) else value


@asynccontextmanager
async def running(
    folder: Path,
    *,
    command: Sequence[str] = (sys.executable, "-m", "bot"),
    env: dict[str, str] | None = None,
    prepare: Callable[[Discord], None] = lambda discord: None,
) -> AsyncIterator[Discord]:
    """Discord with the bot in it; `prepare` changes Discord before the bot starts."""
    discord = Discord(folder, command, env or {})
    prepare(discord)
    await discord.standin.start()
    try:
        await discord.start_bot()
        yield discord
    finally:
        if discord.process and discord.process.returncode is None:
            await discord.stop_bot()
        await discord.standin.stop()


__all__ = ["Discord", "Guild", "Reply", "acknowledged", "answered", "buttons", "has_files", "refusal", "running"]
