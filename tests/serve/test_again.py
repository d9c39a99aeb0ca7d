"""Have a take again: from its notes, which are the same everywhere, or with the arithmetic that played it."""

import os
import signal
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from generation.request import Refusal, Request
from generation.serve.pool import WorkerPool
from tests.serve.test_worker import pitches, wish

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pool() -> AsyncIterator[WorkerPool]:
    async with WorkerPool(1, "echo") as pool:
        yield pool


async def test_other_arithmetic_than_was_asked_for_is_refused(pool: WorkerPool) -> None:
    with pytest.raises(Refusal, match=r"other arithmetic \(int8, abacus\)"):
        await pool.play(wish(arithmetic="int8, abacus"))


async def test_the_files_of_a_take_are_made_again_from_its_notes(pool: WorkerPool) -> None:
    asked = wish(takes=2, seed=7, formats=("mid", "musicxml"))
    played, heard = await pool.play(asked), list[float]()
    notes = tuple(take.whole for take in played.takes)
    os.kill(pool.pids["echo"][0], signal.SIGSTOP)  # nothing is played again
    again = await pool.play(Request(**{**vars(asked), "wholes": notes, "only_new": True}), heard.append)
    os.kill(pool.pids["echo"][0], signal.SIGCONT)
    assert heard == [1.0] and [take.whole for take in again.takes] == list(notes)
    whole, new = (pitches(reply.takes[1].files["mid"]) for reply in (played, again))
    assert new == whole[-len(new) :] and len(new) < len(whole)
    assert sum(map(len, notes)) < 10_000, "bytes"


async def test_only_what_is_missing_is_played(pool: WorkerPool) -> None:
    asked = wish(takes=3, seed=7, formats=("mid",))
    all_three = await pool.play(asked)
    first = tuple(take.whole for take in all_three.takes[:1])
    again = await pool.play(Request(**{**vars(asked), "wholes": first}))
    assert [(take.seed, take.whole) for take in again.takes] == [(take.seed, take.whole) for take in all_three.takes]
    with pytest.raises(Refusal, match="other arithmetic"):
        await pool.play(Request(**{**vars(asked), "wholes": first, "arithmetic": "int8, abacus"}))
