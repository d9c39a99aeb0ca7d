"""A second judge of the stand-in: discord.js uses it as Discord. Runs where `npm ci` was run in second_judge."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.discord_stand_in import ROOT, Discord, running

FOLDER = ROOT / "tests/second_judge"
pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.skipif(
        not shutil.which("node") or not (FOLDER / "node_modules").exists(),
        reason="needs node, and npm ci in its folder",
    ),
]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def discord(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Discord]:
    def trusting(discord: Discord) -> None:
        discord.env["NODE_EXTRA_CA_CERTS"] = discord.standin.environment["SSL_CERT_FILE"]

    folder: Path = tmp_path_factory.mktemp("second")
    async with running(folder, command=["node", str(FOLDER / "bot.mjs")], prepare=trusting) as discord:
        yield discord
        assert discord.violations == []


async def test_file_goes_in_and_comes_back(discord: Discord) -> None:
    reply = await discord.command("echo", {"text": "hi", "file": ("a.mid", b"12345")})
    assert (reply.text, reply.files) == ("hi", {"back-a.mid": b"12345"})
    await discord.until(lambda: reply.asked.followups)
    assert reply.messages[1].only_for is discord.member


async def test_button_updates_its_message(discord: Discord) -> None:
    reply = await discord.command("button")
    await discord.press(reply, "Press", user=discord.admin)
    assert reply.text == "pressed by ada" and not reply.buttons
    await discord.until(lambda: discord.messages()[-1].content == "and posted")


async def test_form_and_suggestions(discord: Discord) -> None:
    form = await discord.command("form", where=discord.dm())
    reply = await discord.submit(form, {"Name": "Ben"})
    assert reply.text == "Ben" and reply.ephemeral
    assert await discord.suggestions("guess", "key", "D") == [("D minor", "minor")]


async def test_dropped_gateway(discord: Discord) -> None:
    resumed = discord.gateway.resumed
    await discord.drop_gateway()
    assert discord.gateway.resumed == resumed + 1
    assert (await discord.command("guess", {"key": "x"})).text == "x"


async def test_429(discord: Discord) -> None:
    discord.limits.fail("PATCH /webhooks", retry_after=0.05)
    assert (await discord.command("echo", {"text": "after all"})).text == "after all"
