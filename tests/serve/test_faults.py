"""What happens to machines: processes killed, disks full, tokens revoked, clocks set, GPUs lost. Nothing is lost."""

import asyncio
import os
import re
import resource
import signal
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from bot.preview.world import MEMBER, Message, User
from generation.request import Request
from generation.serve.pool import WorkerPool
from tests.bot.test_bot_mishaps import long_tune
from tests.discord_stand_in import Discord, Reply, acknowledged, has_files, refusal, running
from tests.patience import soon
from tests.tally import tried

# ruff: noqa: ASYNC240
pytestmark = pytest.mark.asyncio(loop_scope="session")

TUNE = ("a.abc", b"X:1\nT:Fault\nM:4/4\nL:1/8\nQ:1/4=240\nK:D\nDFAF dfaf|gfed cABc|\n")
SOME = {"tune": ("some.mid", long_tune(8)), "seconds": 8}
ALL_FORMATS = ("mp3", "mid", "abc", "musicxml", "png")
UNLIMITED = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
# In the model's process: the GPU is lost in the first step of its first life.
LOST = """
import sys
if "model" in sys.orig_argv:
    from pathlib import Path
    from generation.play.session import Session
    from generation.serve.playing import Playing
    mark, step, serve = Path({mark!r}), Session.step, Playing.serve
    class AcceleratorError(RuntimeError): ...
    def lost(self):
        if not mark.exists():
            mark.touch()
            raise AcceleratorError("CUDA error: unspecified launch failure")
        return step(self)
    def serving(self):  # not while it warms up
        Session.step = lost
        serve(self)
    Playing.serve = serving
"""


@pytest_asyncio.fixture(loop_scope="session")
async def fresh(tmp_path: Path) -> AsyncIterator[Discord]:
    """A bot for a single test, which may spoil it."""
    async with running(
        tmp_path, env={"ENCORE_MODEL": "echo", "ENCORE_HOURLY": "10000", "ENCORE_GRACE": "15"}
    ) as discord:
        yield discord
        assert discord.violations == []


def children(discord: Discord) -> list[int]:
    """The processes of the bot that make music."""
    assert discord.process
    pid = discord.process.pid
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(word) for word in text if b"generation.serve.worker" in Path(f"/proc/{word}/cmdline").read_bytes()]


def crowd(discord: Discord, many: int) -> list[User]:
    members = [User(1_200_000_000_000_000_000 + i, f"member{i}", f"Member {i}") for i in range(many)]
    discord.world.users |= {member.id: member for member in members}
    discord.server.members |= {member.id: MEMBER for member in members}
    return members


def answers(discord: Discord, words: str) -> list[Message]:
    return [message for message in discord.messages() if message.files and words in message.content]


async def test_all_processes_are_killed_in_the_middle_of_work(fresh: Discord) -> None:
    members = crowd(fresh, 4)
    asked = [await fresh.command("extend", SOME, user=member, until=acknowledged) for member in members]
    began = time.monotonic()
    for pid in children(fresh):
        os.kill(pid, signal.SIGKILL)
    for reply in asked:
        await fresh.until(lambda reply=reply: has_files(reply))
    assert len(answers(fresh, "seed")) == len(asked), "nobody is answered twice"
    tried("kill -9 of every process at work", 1, f"all music came, the last {time.monotonic() - began:.1f} s later")


async def test_all_processes_hang(fresh: Discord) -> None:
    """Nobody but their silence tells that they do."""
    await fresh.command("compose", {"seconds": 5}, until=has_files)  # they are there
    began = time.monotonic()
    for pid in children(fresh):
        os.kill(pid, signal.SIGSTOP)
    reply = await fresh.command("extend", {"tune": TUNE, "seconds": 5}, until=has_files)
    assert "**Fault** plays on" in reply.text
    tried("hang of every process", 1, f"music came {time.monotonic() - began:.1f} s later")


async def test_the_bot_is_stopped_under_load(fresh: Discord) -> None:
    """Whoever was promised music gets it, or a sentence."""
    members = crowd(fresh, 8)
    asked = [await fresh.command("extend", SOME, user=member, until=acknowledged) for member in members]
    workers = children(fresh)
    assert await fresh.stop_bot() == 0
    for reply in asked:
        assert has_files(reply) or "restarted" in await refusal(fresh, reply)
        assert not (has_files(reply) and reply.asked.followups), "not both"
    assert not any(Path(f"/proc/{pid}").exists() for pid in workers)
    tried("SIGTERM under load", 1, f"{sum(map(has_files, asked))} of 8 played, the others told")


async def test_a_token_is_revoked_while_the_bot_runs(fresh: Discord) -> None:
    token = fresh.world.token
    await fresh.command("compose", {"seconds": 5}, until=has_files)
    fresh.world.token = "a.new.one"
    await fresh.gateway.drop(resumable=False)
    assert fresh.process
    assert await soon(fresh.process.wait()) == 1
    assert "DISCORD_TOKEN" in fresh.log().splitlines()[-1] and token not in fresh.log()
    fresh.violations.clear()  # it could not know
    tried("token revoked", 1, "ends in one plain line")


async def test_a_clock_is_set(fresh: Discord) -> None:
    """Discord's clock and ours differ by a day: music comes once, by whatever way is left."""
    await fresh.command("settings temperature", {"value": 0.7}, user=fresh.admin)
    for seed, jump in ((4242, 86_400), (4343, -2 * 86_400)):
        fresh.pass_time(jump)
        await fresh.command("extend", {"tune": TUNE, "seconds": 5, "seed": seed}, until=acknowledged)
        await fresh.until(lambda seed=seed: answers(fresh, f"seed {seed}"))
        await asyncio.sleep(0.3)
        assert len(answers(fresh, f"seed {seed}")) == 1
        shown = await fresh.command("settings show", user=fresh.admin)
        assert "0.7" in shown.text
    tried("clock set by a day or two", 2, "music once, settings kept")


async def test_a_slow_file_host(discord: Discord, monkeypatch: pytest.MonkeyPatch) -> None:
    """Discord hands the file over later than it waits for an answer: the bot has to answer first."""
    endpoint, answered = discord.standin.cdn.endpoint, asyncio.Event()

    async def slowly(request):
        await answered.wait()
        return await endpoint(request)

    monkeypatch.setattr(discord.standin.cdn, "endpoint", slowly)
    reply = await discord.command("extend", {"tune": TUNE, "seconds": 5}, until=acknowledged)
    answered.set()
    await discord.until(lambda: has_files(reply))
    assert "**Fault** plays on" in reply.text
    tried("file host that waits for our answer", 1, "music came")


async def test_a_disk_that_fills_while_the_bot_runs(fresh: Discord) -> None:
    """Music comes without buttons; servers' settings stay; once there is room, buttons come again."""
    await fresh.command("settings temperature", {"value": 0.7}, user=fresh.admin)
    assert fresh.process
    full = len(fresh.log()) + 40_000
    resource.prlimit(fresh.process.pid, resource.RLIMIT_FSIZE, (full, resource.RLIM_INFINITY))
    replies = [await fresh.command("compose", {"seconds": 5}, until=has_files) for _ in range(4)]
    assert not replies[-1].buttons
    resource.prlimit(fresh.process.pid, resource.RLIMIT_FSIZE, UNLIMITED)
    after = await fresh.command("compose", {"seconds": 5}, until=has_files)
    assert after.buttons and "temperature 0.7" in after.text
    tried("disk full under the database", 1, "music without buttons, settings kept")


async def test_a_disk_that_is_full_where_sound_is_made() -> None:
    """All files of a take are made in memory: they come out as ever where not one byte can be written."""
    async with WorkerPool(renderers=1, model="echo", quiet=True) as pool:
        wish = Request(data=TUNE[1], filename="a.abc", formats=ALL_FORMATS, seconds=5)
        before = await pool.play(wish)
        (pid,) = pool.pids["render"]
        _, most = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, most))
        after = await pool.play(wish)
        assert set(after.takes[0].files) == set(ALL_FORMATS)
        assert after.takes[0].files == before.takes[0].files and pool.pids["render"] == [pid]
    tried("disk full where sound is made", 1, "the same music")


async def test_a_gpu_is_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process that played on it ends, and its takes are played again by a new one."""
    root, mark = Path(__file__).parents[2], tmp_path / "lost"
    (tmp_path / "sitecustomize.py").write_text(LOST.format(mark=str(mark)))
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{root}")
    async with WorkerPool(renderers=1, quiet=True) as pool:
        (before,) = pool.pids["model"]
        wishes = [Request(data=TUNE[1], filename="a.abc", formats=("mid",), seconds=5, seed=seed) for seed in (1, 2)]
        replies = await asyncio.gather(*(pool.play(wish) for wish in wishes))
        assert mark.exists() and pool.pids["model"] != [before]
        assert [reply.takes[0].seed for reply in replies] == [1, 2]
    tried("GPU lost", 1, "played again in a new process")


def forged(name: str) -> Callable[[Discord, Reply], str]:
    return lambda discord, reply: name


FORGED: dict[str, Callable[[Discord, Reply], str]] = {
    "nothing of ours": forged("encore-admin:reset"),
    "another action": lambda discord, reply: re.sub(":again:", ":rm:", reply.buttons["Another take"]["custom_id"]),
    "another take": lambda discord, reply: re.sub(r":\d$", ":9", reply.buttons["Another take"]["custom_id"]),
    "a guess": forged("encore:again:AAAAAAAAAAAA:0"),
    "a path": forged("encore:again:../../../etc:0"),
    "SQL": forged("encore-sheet:' OR 1=1; --"),
    "someone else's cancel": lambda discord, reply: f"encore-cancel:{discord.admin.id}:AAAAAAAAAAAA",
    "control characters": forged("encore:again:\x00\x1b\u202e:0"),
    "a hundred signs": forged("encore:" + "x" * 93),
    "a reply that is another's, as one's own": lambda discord, reply: re.sub(
        r"\d+$", str(discord.member.id), reply.buttons["Delete"]["custom_id"]
    ),
}


@pytest.mark.parametrize("what", FORGED)
async def test_a_forged_button(discord: Discord, what: str) -> None:
    """Discord lets nobody press a button that is gone; should it do so, a sentence is the only answer."""
    reply = await discord.command("compose", {"seconds": 5}, user=discord.admin, until=has_files)
    genuine = {part["custom_id"]: part for part in reply.buttons.values()}
    custom_id = FORGED[what](discord, reply)
    first = next(iter(genuine.values()))
    kept, first["custom_id"] = first["custom_id"], custom_id
    told = len(discord.log())  # other tests share this bot, and some of them break it on purpose
    try:
        pressed = await discord.press(reply, custom_id, user=discord.member, until=acknowledged)
        assert "Traceback" not in discord.log()[told:]
        if what.startswith("a reply that is another's"):
            assert "who asked for this music" in await refusal(discord, pressed)
        else:
            assert await refusal(discord, pressed)
    finally:
        first["custom_id"] = kept
    assert reply.message in discord.messages()
    tried("forged buttons", 1, "a sentence each")


async def test_music_from_before_a_restart_cannot_be_cancelled_away(fresh: Discord) -> None:
    reply = await fresh.command("compose", {"seconds": 5}, user=fresh.admin, until=has_files)
    await fresh.stop_bot(hard=True)
    await fresh.start_bot()
    next(iter(reply.buttons.values()))["custom_id"] = custom_id = f"encore-cancel:{fresh.member.id}:AAAAAAAAAAAA"
    pressed = await fresh.press(reply, custom_id, user=fresh.member, until=acknowledged)
    assert await refusal(fresh, pressed) and reply.message in fresh.messages()


async def test_another_servers_settings_are_out_of_reach(discord: Discord) -> None:
    await discord.command("settings temperature", {"value": 1.3}, user=discord.admin)
    discord.other_server.open_to_all.add("settings")
    for user, where in ((discord.member, discord.channel), (discord.moderator, discord.other_channel)):
        discord.server.open_to_all.add("settings")
        reply = await discord.command("settings temperature", {"value": 0.2}, user=user, where=where)
        assert reply.ephemeral and "manage this server" in reply.text
    theirs = await discord.command(
        "settings temperature", {"value": 0.4}, user=discord.admin, where=discord.other_channel
    )
    ours = await discord.command("settings show", user=discord.admin)
    assert theirs.ephemeral and "1.3" in ours.text and "0.4" not in ours.text
    for place in (discord.channel, discord.other_channel):
        await discord.command("settings reset", user=discord.admin, where=place)


async def test_no_level_of_the_log_tells_the_token(tmp_path: Path) -> None:
    """DEBUG says all that any other level says."""
    env = {"ENCORE_MODEL": "echo", "ENCORE_LOG_LEVEL": "DEBUG"}
    async with running(tmp_path, env=env) as discord:
        await discord.command("extend", {"tune": TUNE, "seconds": 5}, until=has_files)
        await discord.command("extend", {"tune": ("a.abc", b"?!")}, until=acknowledged)
        await discord.drop_gateway()
        secret = discord.standin.environment["DISCORD_TOKEN"]
        assert discord.process
        assert secret.encode() in Path(f"/proc/{discord.process.pid}/environ").read_bytes()
        await discord.stop_bot()
        assert "DEBUG" in discord.log() and secret not in discord.log()
    tried("the log at its most talkative", 1, "without the token")
