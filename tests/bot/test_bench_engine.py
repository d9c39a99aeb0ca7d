"""The bench of the engine: its figures, and what it says of them."""

import os
from collections.abc import Iterator

import pytest

from bot.bench_engine import judged, pairs, players
from tests.nats_server import FOUND, NONE, Server, nats_server
from tests.patience import soon

needs_server = pytest.mark.skipif(not FOUND, reason=NONE)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with nats_server() as server:
        yield server


@needs_server
async def test_what_the_engine_adds_is_measured_in_pairs(server: Server) -> None:
    figures = await soon(pairs(server.address, 1, 5, "echo"))
    assert figures["local, s"]["median"] > 0 and figures["engine more, ms"].keys() == {"median", "least", "most"}


@needs_server
@pytest.mark.slow
async def test_what_a_second_machine_brings_is_measured(server: Server) -> None:
    allowed = os.sched_getaffinity(0)
    figures = await soon(players(server.address, [min(allowed), max(allowed)], 5, "echo", pieces=4))
    assert figures["two players, pieces/s"]["all"] > 0 and os.sched_getaffinity(0) == allowed


def test_a_bar_that_is_missed_is_said() -> None:
    figures = {"engine more, ms": {"median": 25.0}, "engine more, %": {"median": 4.0}}
    assert [*judged(figures).values()] == ["met", "not measured: one core"]
    figures |= {"engine more, %": {"median": 5.1}, "two players, times one": {"all": 1.79}}
    assert [*judged(figures).values()] == ["MISSED", "MISSED"]
