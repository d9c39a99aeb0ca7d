"""Unforeseen inputs: arbitrary bytes, notes, requests and payloads, a few here and 100,000 in `make soak`."""

import asyncio
import json
import random
import ssl
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bot.preview.standin import StandIn
from generation.model import tokens
from generation.music.clock import Tempo
from generation.music.key import Key
from generation.music.reading import Reading
from generation.music.song import Song
from generation.read.file import read
from generation.request import Refusal, Request
from generation.serve.pool import DEADLY, WorkerPool
from tests.discord_openapi import Description
from tests.hostile_bytes import ABC, TUNE, midi, notes, packed, tempo, track
from tests.tally import tried
from tests.tunes import line_of

ROOT = Path(__file__).parents[2]
FEW, MANY = 400, 100_000
AT_ONCE = 6
QUICK = settings(max_examples=120, deadline=None, database=None, derandomize=True,
                 suppress_health_check=list(HealthCheck))  # fmt: skip
# What formats are made of: pieces that a mutation puts where they do not belong.
PIECES = tuple(
    piece.encode("latin-1")
    for piece in (
        "MThd", "MTrk", "\xff\x2f\x00", "\xff\x51\x03", "\xf0", "\xff\xff\xff\x7f", "\x00" * 9, "|:", ":|", "[1",
        "\xff\x05\x02la", "\xff\x01\x04@Tx\xe3", "\xff\x03\x02\x82\xb3", "\xff\x21\x01\x01", "\xb9\x00\x7f",
        "\x00\xb0\x65\x00\x00\x64\x06\x00\x06\x0f", "\xf0\x05\x41\x10\x42\x12\xf7", "\xe0\x7f\x7f", "\x1f\x8b\x08",
        "[V:2]", "\nK:", "\nP:A", "(3", "(9:", "Z9", "C99", "/0", "-", "{", "&", "\nX:2\n", "<part>", "</note>",
        "<chord/>", "<backup>", "&lt;", "]]>", "<!--", "\n*^\t*^\n", "\n*v\t*v\n", "\t", "=1\n", "PK\x03\x04", "%",
        "\xe2\x80\xae", "\r", "9" * 40, "-1", "nan", "1e9",
    )
)  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


def seeds() -> list[tuple[str, bytes]]:
    """Good files of every format, small, so that many mutations fit into a second."""
    paths = [*(ROOT / "tests/data/tiny").glob("tune.*"), *(ROOT / "tests/data/hard").glob("*.abc")]
    paths += (ROOT / "tests/data/cases").glob("m[01]*")
    score = (ROOT / "tests/data/tiny/tune.musicxml").read_bytes()
    made = [("two.mid", midi(track(tempo(400_000)), track(notes(TUNE)), track(notes(TUNE[::-1], 90, 3)))),
            ("small.abc", ABC.encode()), ("again.mxl", packed({"score.xml": score}))]  # fmt: skip
    return [(path.name, path.read_bytes()) for path in sorted(paths)] + made


def mutated(rng: random.Random, data: bytes) -> bytes:
    """The same with a few bytes changed, cut out, doubled or put in."""
    out = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 3, 8))):
        at = rng.randrange(len(out) + 1)
        end = min(len(out), at + rng.choice((1, 2, 4, 16, 100)))
        match rng.randrange(6):
            case 0:
                out[at:end] = rng.randbytes(end - at)
            case 1:
                del out[at:end]
            case 2:
                out[at:at] = out[at:end] * rng.choice((1, 2, 50))
            case 3:
                out[at:at] = rng.choice(PIECES)
            case 4 if at < len(out):
                out[at] ^= 1 << rng.randrange(8)
            case _:
                out[at:end] = bytes(out[at:end])[::-1]
    return bytes(out)


async def test_mutated_files_through_the_processes(soak: bool) -> None:
    """None of them brings a process down; the rare one that takes it too long is told so."""
    rng, files = random.Random(20), seeds()
    outcomes = {"read": 0, "refused": 0}
    deadly: list[tuple[str, bytes]] = []
    count = MANY if soak else FEW

    async def send(number: int) -> None:
        name, data = files[number % len(files)]
        data = mutated(rng, data)
        try:
            await pool.check(Request(data=data, filename=name))
            outcomes["read"] += 1
        except Refusal as refusal:
            outcomes["refused"] += 1
            if refusal.words == DEADLY:
                deadly.append((name, data))

    async with WorkerPool(renderers=2, model="echo", quiet=True) as pool:
        for start in range(0, count, AT_ONCE):
            await asyncio.gather(*(send(number) for number in range(start, min(count, start + AT_ONCE))))
    tried("mutated files", sum(outcomes.values()), f"{outcomes['read']} read, {outcomes['refused']} refused, no crash")
    assert deadly == []


@QUICK
@given(st.binary(max_size=400), st.text(max_size=20))
@example(b"MThd" + bytes(10) + b"MTrk" + bytes(4), "a.mid")
@example(b"X:1\nK:\n|:|", "")
def test_arbitrary_bytes(data: bytes, name: str) -> None:
    try:
        assert isinstance(read(data, name), Reading)
    except Refusal as refusal:
        assert str(refusal).endswith(".")


@QUICK
@given(st.text(alphabet="ABCDEFGabcgz,'/123456789|:[]()<>{}_^=-~ \nKLMQPVwXT%!\"&", max_size=300))
@example("|:C[1D:|[2E|]")
def test_arbitrary_abc(music: str) -> None:
    try:
        assert len(read(f"X:1\nK:C\n{music}".encode(), "a.abc").melody.line)
    except Refusal as refusal:
        assert str(refusal).endswith(".") and "damaged" not in str(refusal), (
            "a plain text of ABC signs is never damaged"
        )


def melodies() -> st.SearchStrategy[Song]:
    """Any melody within the limits, and within a range that no transposition takes beyond MIDI's notes."""
    gap = st.floats(0.02, 40, allow_nan=False)
    note = st.tuples(gap, st.floats(0.001, 60), st.integers(12, 115), st.integers(1, 127))
    keys = st.sampled_from([None, Key("C", "major"), Key("F#", "minor"), Key("Bb", "dorian")])
    return st.builds(made, st.lists(note, min_size=1, max_size=40), st.floats(20, 400), keys)


def made(rows: list[tuple[float, float, int, int]], pace: float, key: Key | None) -> Song:
    gap, duration, pitch, velocity = (np.array(column) for column in zip(*rows, strict=True))
    keep = np.cumsum(gap) * 60 / pace < 800
    onset = np.cumsum(gap)[keep]
    duration = np.minimum(duration[keep], 60.0 * pace / 60)
    return line_of(onset, duration, pitch[keep], velocity[keep], (Tempo(0, pace),), (4, 4), key)


@QUICK
@given(melodies())
def test_arbitrary_notes_to_tokens_and_back(melody: Song) -> None:
    if not len(melody.line):
        return
    encoded = tokens.encode(melody)
    again = tokens.decode(encoded.rows[1:], encoded.shift, melody)
    assert len(again.line) == len(melody.line) and again.line.pitch.tolist() == melody.line.pitch.tolist()
    assert (np.diff(again.line.onset) > 0).all() and (again.line.duration > 0).all()


@QUICK
@given(
    st.fixed_dictionaries(
        {},
        optional={
            **{name: st.floats() for name in ("seconds", "temperature", "top_p", "tempo")},
            **{name: st.integers() for name in ("takes", "seed")},
            **{name: st.text(max_size=50) for name in ("style", "instrument", "key", "meter", "filename")},
        },
    )
)  # fmt: skip
def test_arbitrary_wishes(wish: dict[str, Any]) -> None:
    """What a command may be given: a request comes of it, or a sentence."""
    try:
        request = Request(**wish)
        assert 5 <= request.seconds <= 180 and 1 <= request.takes <= 64
    except Refusal as refusal:
        assert str(refusal).endswith(".") and len(str(refusal)) < 600
    try:
        Key.parse(wish.get("key", ""))
    except Refusal as refusal:
        assert "is not a key" in str(refusal)


@pytest.mark.asyncio(loop_scope="function")
async def test_arbitrary_payloads(soak: bool) -> None:
    """The stand-in refuses whatever Discord would refuse, and never breaks."""
    standin = StandIn(judge=Description())
    await standin.start()
    bodies: list[Any] = []

    @settings(QUICK, max_examples=2_000 if soak else 150)
    @given(JSON, st.sampled_from(["content", "embeds", "components", "flags", "attachments", "allowed_mentions"]))
    def collect(value: Any, name: str) -> None:
        bodies.extend([value, {name: value}])

    collect()
    room = next(iter(standin.world.channels))
    paths = (("POST", f"/channels/{room}/messages"), ("PUT", f"/applications/{standin.world.bot.id}/commands"),
             ("POST", "/interactions/1/x/callback"), ("PATCH", "/webhooks/1/x/messages/@original"))  # fmt: skip
    headers = {"Host": "discord.com", "Authorization": f"Bot {standin.world.token}", "User-Agent": "DiscordBot (x, 1)",
               "Content-Type": "application/json"}  # fmt: skip
    trusted = await asyncio.to_thread(ssl.create_default_context, cafile=standin.environment["SSL_CERT_FILE"])
    try:
        async with aiohttp.ClientSession(f"https://127.0.0.1:{standin.tunnel.target_port}") as http:
            for number, body in enumerate(bodies):
                standin.limits.buckets.clear()
                method, path = paths[number % len(paths)]
                text = json.dumps(body).encode()
                async with http.request(
                    method, f"/api/v10{path}", data=text, headers=headers, ssl=trusted, server_hostname="discord.com"
                ) as answer:
                    assert answer.status != 500, (method, path, body)
                    assert answer.content_type == "application/json"
        assert [line for line in standin.world.violations if "broke" in line] == []
    finally:
        await standin.stop()
    tried("payloads of any shape", len(bodies), "the stand-in broke over none")
