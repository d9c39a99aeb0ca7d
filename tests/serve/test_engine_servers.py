"""An unsuitable NATS server and a malformed address are refused in a sentence."""

import asyncio
import socket

import pytest

from generation.request import Refusal
from generation.serve.nats_engine import NatsEngine
from tests.nats_server import FOUND, NONE, nats_server
from tests.serve.asker import LONGEST

pytestmark = pytest.mark.skipif(not FOUND, reason=NONE)


@pytest.mark.parametrize(
    ("more", "payload", "options", "words"),
    [
        ("", "1MB", (), "lets messages of 1,048,576 bytes through; Encore needs 8,000,000"),
        ("", "8MB", ("no jetstream",), "cannot keep the queue"),
        ('authorization { token: "secret" }', "8MB", (), "cannot be reached: .*Authorization"),
    ],
)
async def test_a_server_that_will_not_do_is_refused_in_words(
    more: str, payload: str, options: tuple[str, ...], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("generation.serve.nats_queue.CONNECTING", 3.0)
    with nats_server(more, payload, options) as server, pytest.raises(Refusal, match=words):
        async with NatsEngine(server.address, LONGEST):
            pass


async def test_an_old_server_and_a_wrong_address_are_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    async def old(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b'INFO {"version":"2.9.10","max_payload":8388608,"proto":1,"headers":true}\r\n')
        while line := await reader.readline():
            if line.startswith(b"PING"):
                writer.write(b"PONG\r\n")
        writer.close()

    listening = await asyncio.start_server(old, "127.0.0.1", 0)
    async with listening:
        port = listening.sockets[0].getsockname()[1]
        with pytest.raises(Refusal, match=r"version 2\.9\.10; Encore needs 2\.15 or newer"):
            async with NatsEngine(f"nats://127.0.0.1:{port}", LONGEST):
                pass
    monkeypatch.setattr("generation.serve.nats_queue.CONNECTING", 1.0)
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(Refusal, match="cannot be reached"):
        async with NatsEngine(f"nats://127.0.0.1:{silent.getsockname()[1]}", LONGEST):
            pass
    for address in ("redis://x", "nats://", "nats://x,", "nats://x:y", "nats://x?replicas=2", "nats://x?cipher=none"):
        with pytest.raises(Refusal, match="address must be"):
            async with NatsEngine(address, LONGEST):
                pass
