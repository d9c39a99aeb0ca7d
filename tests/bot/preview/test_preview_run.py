"""The preview as a process: its line, its port, its end, and its memory."""

import asyncio
import json
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.bot.preview.test_preview_page import form
from tests.discord_stand_in import ROOT
from tests.patience import soon

pytestmark = pytest.mark.asyncio(loop_scope="session")
TINY = str(ROOT / "tests/tiny_bot.py")


@asynccontextmanager
async def preview(
    folder: Path, bot: str, port: str = "0", **env: str
) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """The preview with another bot in it, run in `folder`; the process, and the address that it prints."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        f"import sys; from bot.preview import run; sys.exit(run.main({port!r}, [sys.executable, {bot!r}]))",
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), **env},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stdout
    try:
        line = (await process.stdout.readline()).decode()
        address = re.search(r"^Encore is playing in your browser: (http://127\.0\.0\.1:\d+)", line)
        assert address, line
        yield process, address[1]
    finally:
        if process.returncode is None:
            process.terminate()
        await process.communicate()


async def first_event(address: str, wanted: str) -> dict[str, Any]:
    """The state of the page once `wanted` is true."""
    while True:
        async with aiohttp.ClientSession() as session, session.get(f"{address}/live") as stream:
            line = await stream.content.readline()
        event: dict[str, Any] = json.loads(line.removeprefix(b"data: "))
        if event[wanted]:
            return event
        await asyncio.sleep(0.05)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_it_starts_and_ends_with_its_bot(tmp_path: Path, number: signal.Signals) -> None:
    async with preview(tmp_path, TINY) as (process, address):
        event = await first_event(address, "online")
        assert [person["name"] for person in event["people"]] == ["Ada", "Ben", "Mo"]
        process.send_signal(number)
        assert await soon(process.wait()) == 0
    kept = json.loads((tmp_path / "data/preview-commands.json").read_text())
    assert "echo" in [command["name"] for command in kept[0][1]]


async def test_commands_are_kept(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    command = {"name": "kept", "type": 1, "contexts": [0], "default_member_permissions": None, "description": "d"}
    (tmp_path / "data/preview-commands.json").write_text(json.dumps([["", [command]]]))
    silent = tmp_path / "other.py"
    silent.write_text("import time; time.sleep(3600)")
    async with preview(tmp_path, str(silent)) as (_, address):
        shown = (await first_event(address, "commands"))["commands"]
        assert "kept" in [command["name"] for command in next(iter(shown.values()))]


async def test_messages_are_kept(tmp_path: Path) -> None:
    """With their files and buttons, so that one can go on where one stopped."""
    async with preview(tmp_path, TINY) as (process, address), aiohttp.ClientSession(address) as session:
        first = await first_event(address, "online")
        place = first["places"][0]["id"]

        async def use(command: str, options: dict[str, Any], **files: bytes) -> None:
            wish = {"user": first["me"]["id"], "place": place, "command": command, "options": options}
            async with session.post("/do/use", data=form(wish, **files)) as answer:
                assert answer.status == 200, await answer.text()

        await first_event(address, "commands")
        await use("echo", {"text": "hello"}, file=b"X:1")
        await use("button", {})
        await use("whisper", {})
        shown: list[dict[str, Any]] = []
        while len(shown) < 4 or not all(said["files"] or said["ephemeral"] for said in shown):
            shown = (await first_event(address, "messages"))["messages"]
            await asyncio.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        assert await soon(process.wait()) == 0
    async with preview(tmp_path, TINY) as (_, address), aiohttp.ClientSession(address) as session:
        shown = (await first_event(address, "messages"))["messages"]
        assert [said["text"] for said in shown] == ["hello", ""], "what was whispered is gone"
        assert shown[0]["asked"]["label"] == "/echo"
        async with session.get(f"/{shown[0]['files'][0]['url']}") as answer:
            assert await answer.read() == b"X:1"
        await first_event(address, "online")
        button = shown[1]["components"][0]["components"][0]["custom_id"]
        wish = {"user": first["me"]["id"], "message": shown[1]["id"], "custom_id": button}
        async with session.post("/do/press", data=form(wish)) as answer:
            assert answer.status == 200
        while "pressed by" not in shown[1]["text"]:
            shown = (await first_event(address, "messages"))["messages"]
            await asyncio.sleep(0.05)


async def test_messages_that_cannot_be_read_are_left_behind(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data/preview-messages.msgpack").write_bytes(b"\x93nonsense")
    async with preview(tmp_path, TINY) as (_, address):
        assert (await first_event(address, "online"))["messages"] == []


async def test_a_bot_that_ends_is_told(tmp_path: Path) -> None:
    broken = tmp_path / "other.py"
    broken.write_text("import sys; sys.exit(3)")
    async with preview(tmp_path, str(broken)) as (process, address):
        assert "exit code 3" in (await first_event(address, "trouble"))["trouble"]
        process.send_signal(signal.SIGTERM)
        assert await soon(process.wait()) == 3


async def test_a_wrong_port_is_one_plain_line(tmp_path: Path) -> None:
    with pytest.raises(AssertionError):
        async with preview(tmp_path, TINY, "many"):
            pass
