"""How the bot starts, why it may not start, and what it tells other programs."""

import asyncio
import json
import os
import socket
import sys
from pathlib import Path

import aiohttp
import pytest

from bot.__main__ import main
from bot.preview.standin import TOKEN, StandIn
from bot.settings import Settings, doubts
from tests.bot.test_bot_mishaps import ENDLESS
from tests.discord_stand_in import ROOT, Discord, acknowledged, has_files, running
from tests.patience import soon

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def start(folder: Path, *, largest_file: int | None = None, **env: str) -> tuple[int, str]:
    """Run the bot where it cannot start. Returns its exit code and its words. `largest_file` is in bytes."""
    command = [sys.executable, "-m", "bot"]
    if largest_file is not None:
        limited = f"import os, resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({largest_file}, {largest_file})); "
        command = [sys.executable, "-c", f"{limited}os.execv({sys.executable!r}, {command})"]
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "ENCORE_MODEL": "echo", "DISCORD_TOKEN": TOKEN, **env},
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    try:
        out, _ = await soon(process.communicate())
    except TimeoutError:
        process.kill()
        await process.wait()
        raise
    assert process.returncode is not None
    return process.returncode, out.decode()


@pytest.mark.parametrize(
    ("env", "words"),
    [
        ({"DISCORD_TOKEN": "", "ENCORE_PREVIEW_PORT": "off"}, "DISCORD_TOKEN is missing"),
        ({"ENCORE_KEEP_DAYS": "many"}, "ENCORE_KEEP_DAYS"),
        ({"ENCORE_AT_ONCE": "0"}, "ENCORE_AT_ONCE"),
        ({"ENCORE_MODEL": "gpt"}, "ENCORE_MODEL"),
        ({"ENCORE_SHARDS": "4/4"}, "ENCORE_SHARDS is wrong: shards are counted from 0"),
        ({"ENCORE_SHARDS": "3-2/4"}, "ENCORE_SHARDS is wrong: shards are counted from 0"),
    ],
)
async def test_a_wrong_setting_is_one_plain_line(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    env: dict[str, str],
    words: str,
) -> None:
    """Nothing has been started by then, so this needs no process."""
    for name, value in ({"DISCORD_TOKEN": TOKEN} | env).items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    assert main() == 1
    said = "".join(capfd.readouterr())
    assert words in said and said.startswith("encore: ") and said.count("\n") == 1, said
    assert TOKEN not in said


@pytest.mark.parametrize(
    ("env", "words"),
    [
        ({"ENCORE_KEEP_DAYS": "none"}, "ENCORE_KEEP_DAYS"),
        ({"ENCORE_DATABASE_URL": "nonsense"}, "ENCORE_DATABASE_URL"),
        ({"ENCORE_DATABASE_URL": "mysql+aiomysql://me:secret@127.0.0.1/x"}, "must be SQLite or PostgreSQL"),
        ({"ENCORE_DATABASE_URL": "sqlite+aiosqlite:////proc/no/encore.sqlite3"}, "ENCORE_DATABASE_URL"),
        ({"ENCORE_DATABASE_URL": "postgresql+nothing://me:secret@127.0.0.1/x"}, "ENCORE_DATABASE_URL"),
        ({"ENCORE_PROXY": "http://127.0.0.1:1"}, "Discord cannot be reached"),
    ],
)
async def test_what_keeps_it_from_starting_is_one_plain_line(tmp_path: Path, env: dict[str, str], words: str) -> None:
    code, said = await start(tmp_path, **env)
    assert code == 1 and words in said
    assert said.startswith("encore: ") and said.count("\n") == 1, said
    assert "secret" not in said and TOKEN not in said


async def test_an_old_name_is_heeded_and_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, said = await start(tmp_path, ENCORE_CRAFTS="1", ENCORE_PROXY="http://127.0.0.1:1")
    assert "ENCORE_CRAFTS is called ENCORE_RENDER_WORKERS now" in said
    monkeypatch.setenv("ENCORE_CRAFTS", "3")
    assert Settings().render_workers == 3
    monkeypatch.setenv("ENCORE_RENDER_WORKERS", "4")
    assert Settings().render_workers == 4


async def test_what_several_bots_need_is_told() -> None:
    def told(**env: str) -> list[str]:
        return [doubt for doubt in doubts(Settings(_env_file=None, **env), ()) if "ENCORE_SHARDS" in doubt]

    assert told() == told(shards="0-1/2", engine="nats://x", database_url="postgresql://x/y") == []
    assert len(told(shards="0-1/2")) == 2


async def test_what_looks_like_a_mistake_is_told_by_its_name(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("ENCORE_QUEU=9\nENCORE_MODELS=nowhere\nENCORE_QUEUE=7\nOTHER=1\n")
    _, said = await start(tmp_path, ENCORE_PROXY="http://127.0.0.1:1", ENCORE_WHATEVER="1")
    assert "there is no setting ENCORE_QUEU; did you mean ENCORE_QUEUE?" in said
    assert "there is no setting ENCORE_WHATEVER; it is ignored" in said
    assert "the folder of ENCORE_MODELS is missing: nowhere" in said
    assert said.count(" WARNING ") == 3, said


async def test_the_preview_heeds_the_file_of_settings_too(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("ENCORE_PREVIEW_PORT=many\n")
    code, said = await start(tmp_path, DISCORD_TOKEN="")
    assert code == 2 and "ENCORE_PREVIEW_PORT is 'many'" in said


async def test_every_setting_stands_in_the_readme_with_its_default() -> None:
    lines = (ROOT / "README.md").read_text("utf-8").splitlines()
    table = [[cell.strip() for cell in line.split("|")[1:4]] for line in lines if line.startswith("| `")]
    for name, field in Settings.model_fields.items():
        variable = f"`{field.validation_alias or f'ENCORE_{name.upper()}'}`"
        default, meaning = next((row[1], row[2]) for row in table if variable in row[0].split(", "))
        assert meaning
        if isinstance(field.default, int | float):
            assert float(default) == field.default, name
        elif field.default and isinstance(field.default, str):
            assert field.default in default, name


async def test_a_wrong_token(tmp_path: Path) -> None:
    standin = StandIn()
    await standin.start()
    try:
        wrong = "MTEwMDAwMDAwMDAwMDAwMDAwMQ.wrong.wrong"
        code, said = await start(tmp_path, **(standin.environment | {"DISCORD_TOKEN": wrong}))
    finally:
        await standin.stop()
    assert code == 1 and said.count("\n") == 1 and "does not accept DISCORD_TOKEN" in said and wrong not in said


async def test_a_token_from_a_file(tmp_path: Path) -> None:
    standin = StandIn()
    await standin.start()
    try:
        (tmp_path / ".env").write_text("DISCORD_TOKEN=from.the.file\nSOMETHING_ELSE=1\n")
        env = {name: value for name, value in standin.environment.items() if name != "DISCORD_TOKEN"}
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot",
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT), "ENCORE_MODEL": "echo", **env},
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        out, _ = await soon(process.communicate())
    finally:
        await standin.stop()
    assert process.returncode == 1 and "does not accept DISCORD_TOKEN" in out.decode()


async def test_health_and_metrics(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    host = "127.0.0.2" if sys.platform == "linux" else "127.0.0.1"  # elsewhere, loopback has one address
    env = {"ENCORE_MODEL": "echo", "ENCORE_HEALTH_PORT": str(port), "ENCORE_HEALTH_HOST": host}
    env |= {"ENCORE_HOURLY": "1", "ENCORE_LOG_FORMAT": "json"}

    def two_shards(discord: Discord) -> None:
        discord.gateway.shards = 2

    async with (
        running(tmp_path, env=env, prepare=two_shards) as discord,
        aiohttp.ClientSession(f"http://{host}:{port}") as page,
    ):

        async def get(path: str) -> tuple[int, str]:
            async with page.get(path) as answer:
                return answer.status, await answer.text()

        async def becomes(wanted: int) -> str:
            status, words = await get("/healthz")
            while status != wanted:
                await asyncio.sleep(0.05)
                status, words = await get("/healthz")
            return words

        await discord.until(lambda: "ready as" in discord.log())
        assert await get("/healthz") == (200, "ok\n") and discord.gateway.identified == 2
        cancelled = await discord.command("extend", ENDLESS, until=acknowledged)
        discord.world.delete(cancelled.message)
        await discord.until(lambda: "outcome=cancelled" in discord.log())
        played = await discord.command("compose", {"seconds": 5}, until=has_files)
        await discord.command("extend", {"tune": ("a.pdf", b"?"), "seconds": 5})
        await discord.command("extend", {"tune": ("a.abc", b"?")}, until=acknowledged)
        await discord.until(lambda: discord.log().count("outcome=") == 3)
        lines = [json.loads(line) for line in discord.log().splitlines()]
        job = next(line for line in lines if line.get("job") == str(played.asked.id))
        assert (job["level"], job["logger"], job["outcome"], job["takes"]) == ("INFO", "encore.job", "played", 2)
        refused = next(line for line in lines if line.get("outcome") == "refused")
        assert (refused["asked"], refused["bytes"]) == ("extend", 1)
        _, metrics = await get("/metrics")
        assert 'encore_requests_total{outcome="played"} 1.0' in metrics
        assert 'encore_requests_total{outcome="refused"} 1.0' in metrics
        assert 'encore_requests_total{outcome="cancelled"} 1.0' in metrics
        assert "encore_requests_waiting 0.0" in metrics and "encore_music_seconds_count 1.0" in metrics
        assert 'encore_requests_total{outcome="fault"} 0.0' in metrics
        readme = (ROOT / "README.md").read_text()
        named = [line.split()[2] for line in metrics.splitlines() if line.startswith("# TYPE")]
        assert all(f"`{name}" in readme for name in named if not name.endswith("_created"))
        enough = await discord.command("compose", {"seconds": 5})
        assert enough.ephemeral and "1 piece within an hour" in enough.text
        discord.gateway.shut = True
        await discord.gateway.drop()
        assert await becomes(503) == "not connected\n"
        discord.gateway.shut = False
        assert await becomes(200) == "ok\n"
        code, said = await start(
            tmp_path, **discord.standin.environment, ENCORE_HEALTH_PORT=str(port), ENCORE_HEALTH_HOST=host
        )
        assert code == 1 and "ENCORE_HEALTH_PORT" in said.splitlines()[-1] and "Traceback" not in said
