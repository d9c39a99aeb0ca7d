"""A seed brings a take back on a machine whose arithmetic gives other notes: from the notes that were kept."""

from pathlib import Path

import pytest

from generation.request import Refusal, Request
from generation.serve.nats_engine import NatsEngine
from tests.discord_stand_in import has_files, running
from tests.nats_server import FOUND, NONE, nats_server
from tests.patience import soon
from tests.serve.test_engine_kills import Machine

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.skipif(not FOUND, reason=NONE),
    pytest.mark.slow,
]
TAKE_1, TAKE_2 = "encore-take1.mid", "encore-take2.mid"


async def test_a_take_is_the_same_again_on_another_kind_of_machine(tmp_path: Path) -> None:
    asked = {"seconds": 5, "seed": 7, "takes": 1}
    with nats_server() as server:
        whole, half = (Machine(server, "model", ENCORE_ARITHMETIC=kind) for kind in ("float32", "int8"))
        async with (
            NatsEngine(server.address, 32) as engine,
            running(tmp_path, env={"ENCORE_ENGINE": server.address}) as discord,
        ):
            await whole.start()
            first = await discord.command("compose", asked, until=has_files)
            made = (await soon(engine.play(Request(seconds=5, seed=7)))).takes[0].arithmetic
            assert await whole.stop() == 0
            await half.start()
            again = await discord.command("compose", asked, until=has_files)
            assert again.files[TAKE_1] == first.files[TAKE_1]
            more = await discord.command("compose", asked | {"takes": 2}, until=has_files)
            assert more.files[TAKE_1] == first.files[TAKE_1] != more.files[TAKE_2]
            with pytest.raises(Refusal, match="played with other arithmetic"):
                await soon(engine.play(Request(seconds=5, seed=7, arithmetic=made)))
            assert await half.stop() == 0
