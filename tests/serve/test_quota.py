"""A machine that has a fifth of a core, by a quota as containers have it: nothing in it is killed for being slow."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from generation.request import FORMATS, Request
from generation.serve.nats_engine import NatsEngine
from generation.serve.nats_queue import PLAYERS, STREAM
from tests.nats_server import FOUND, NONE, nats_server
from tests.patience import soon
from tests.serve.asker import nothing_left
from tests.serve.test_engine_kills import Machine
from tests.serve.test_watch import many_parts
from tests.tally import tried

PERIOD, QUOTA = 100_000, 20_000  # microseconds: how often a group gets CPU time, and how much
# Where a group is made, the file that limits it, and what is written there: Linux' control groups of version 1 and 2.
GROUPS = (
    (Path("/sys/fs/cgroup/cpu"), "cpu.cfs_quota_us", f"{QUOTA}"),
    (Path("/sys/fs/cgroup"), "cpu.max", f"{QUOTA} {PERIOD}"),
)


@contextlib.contextmanager
def fifth_of_a_core() -> Iterator[Path]:
    """A control group that gets so much; its processes must have ended by the end of the block."""
    for parent, file, limit in GROUPS:
        group = parent / f"encore-{os.getpid()}"
        try:
            group.mkdir()
            (group / file).write_text(limit)
        except OSError:
            with contextlib.suppress(OSError):
                group.rmdir()
            continue
        try:
            yield group
        finally:
            group.rmdir()
        return
    pytest.skip("no control group with a CPU quota can be made here")


def family(pid: int) -> list[int]:
    """A process and those that it started."""
    return [pid, *map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]


def figures(group: Path) -> dict[str, int]:
    lines = (group / "cpu.stat").read_text().splitlines()
    return {name: int(count) for name, _, count in (line.partition(" ") for line in lines)}


@pytest.mark.skipif(not FOUND, reason=NONE)
async def test_a_slow_machine_plays_what_it_takes(soak: bool) -> None:
    """Fifteen parts that all play on, and a fresh piece for a band; with `--soak` it starts so slowly as well."""
    with fifth_of_a_core() as group, nats_server() as server:
        limited = ("sh", "-c", f'echo $$ >{group}/cgroup.procs && exec "$@"', "sh")
        machine = Machine(server, "model", start=limited if soak else ())
        try:
            async with NatsEngine(server.address, 32) as engine:
                await machine.start()
                processes = family(machine.process.pid)
                for pid in processes:
                    (group / "cgroup.procs").write_text(f"{pid}")
                parts = Request(data=many_parts(15, 64), filename="a.mid", seconds=20, formats=FORMATS)
                for asked in (parts, Request(band="jazz quartet", seconds=20, formats=FORMATS)):
                    reply = await soon(engine.play(asked))
                    assert set(reply.takes[0].files) == set(FORMATS)
                assert (await engine._stream.consumer_info(STREAM, PLAYERS)).num_redelivered == 0
                await nothing_left(engine)
            metrics = (await machine.page("metrics")).splitlines()
            pieces = [line for line in metrics if line.startswith("encore_player_pieces_total")]
            assert pieces == ['encore_player_pieces_total{outcome="played"} 2.0']
            assert family(machine.process.pid) == processes, "no process was killed"
            assert figures(group)["nr_throttled"] > 0
        finally:
            assert await machine.stop() == 0
    tried("a machine with a quota of a fifth of a core", 2, "both played, no process killed")
