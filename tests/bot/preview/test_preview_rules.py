"""The rules by which the stand-in for Discord judges a bot."""

import asyncio
import socket
import struct
import zlib

import pytest
import zstandard

from bot.preview import gateway, limits, rules
from bot.preview.tunnel import Tunnel
from bot.preview.world import furnished
from tests.discord_openapi import Description
from tests.patience import soon


def test_compression_streams() -> None:
    inflate, unzstd = zlib.decompressobj(), zstandard.ZstdDecompressor().decompressobj()
    for kind, expand in (("zlib-stream", inflate.decompress), ("zstd-stream", unzstd.decompress)):
        compress = gateway.compressor(kind)
        assert compress
        for text in (b"one", b"two " * 500):
            assert expand(compress(text)) == text
    assert gateway.compressor(None) is None


def test_limits_of_the_past_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each interaction has a limit of its own, and a preview may run for weeks."""
    counted, now = limits.Limits(), 0.0
    monkeypatch.setattr(limits.time, "monotonic", lambda: now)
    for number in range(1000):
        counted.count(f"PATCH /webhooks/1/{number:050}/messages/@original")
        now += 1.0
    assert len(counted.buckets) < 5


async def test_a_killed_process_is_noticed_through_the_tunnel() -> None:
    """A killed process may reset its connections instead of closing them."""
    gone = asyncio.Event()

    async def server(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        gone.set()
        writer.close()

    discord = await asyncio.start_server(server, "127.0.0.1", 0)
    tunnel = Tunnel(furnished("token"))
    await tunnel.start(discord.sockets[0].getsockname()[1])
    reader, writer = await asyncio.open_connection("127.0.0.1", tunnel.port)
    writer.write(b"CONNECT discord.com:443 HTTP/1.1\r\n\r\n")
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
    await soon(gone.wait())
    await tunnel.stop()
    discord.close()


def test_rules_of_commands() -> None:
    def option(name: str, **more: object) -> dict[str, object]:
        return {"name": name, "type": 3, "description": "d", **more}

    def problems(*options: dict[str, object], name: str = "a", **more: object) -> str:
        command = {"name": name, "description": "d", "options": list(options), **more}
        return "; ".join(rules.command_problems([command]))

    assert problems(option("one", required=True), option("two")) == ""
    assert problems(name="spielweiter-ü", name_localizations={"fr": "jouer"}) == ""
    assert "not a valid name" in problems(name="Extend")
    assert "not a valid name" in problems(name="a b")
    assert "not a valid name" in problems(name_localizations={"fr": "Jouer"})
    assert "does not know" in problems(name_localizations={"fr-FR": "jouer"})
    assert "after an optional" in problems(option("one"), option("two", required=True))
    assert "26 options" in problems(*(option(f"o{n}") for n in range(26)))
    assert "26 choices" in problems(option("o", choices=[{"name": f"{n}", "value": f"{n}"} for n in range(26)]))
    assert "exclude each other" in problems(option("o", autocomplete=True, choices=[{"name": "x", "value": "x"}]))
    assert "at most 8000" in problems(*(option(f"o{n}", choices=long_choices()) for n in range(2)))
    assert "two options" in problems(option("o"), option("o"))
    assert "min_value 3 is above max_value 2" in problems(option("o", min_value=3, max_value=2))
    assert "neither description" in rules.command_problems([{"name": "Ex", "type": 3, "description": "d"}])[0]


def long_choices() -> list[dict[str, str]]:
    return [{"name": f"{n:0100}", "value": f"{n:0100}"} for n in range(25)]


def test_rules_of_messages() -> None:
    def button(custom_id: str | None = "x", **more: object) -> dict[str, object]:
        return {"type": 2, "style": 1, "label": "l", "custom_id": custom_id, **more}

    def problems(content: str = "", *rows: list[dict[str, object]], flags: int = 0) -> str:
        components = [{"type": 1, "components": row} for row in rows]
        return "; ".join(rules.message_problems(content, [], components, flags, []))

    assert problems("hello", [button()]) == ""
    assert "2001 characters" in problems("x" * 2001)
    assert "two components" in problems("", [button(), button()])
    assert "up to five buttons" in problems("", [button(str(n)) for n in range(6)])
    assert "no custom_id" in problems("", [button(None)])
    assert "V2" in problems("text", flags=1 << 15)
    assert rules.file_problems({"a": 3}, 2) and rules.file_problems({str(n): 1 for n in range(11)}, 2)
    assert rules.file_problems({"a": 13 << 20, "b": 13 << 20}, 14 << 20)


def test_judge_knows_discords_paths() -> None:
    judge = Description()
    assert judge.request("GET", "/users/@me", None) == []
    assert judge.request("GET", "/nowhere", None)
    assert judge.request("POST", "/channels/1/messages", {"content": "x" * 4001})
    assert judge.request("POST", "/channels/1/messages", {"attachments": [{"id": 0, "filename": "a"}]}) == []
    assert judge.response("GET", "/users/@me", 200, {"id": "1"})
