"""A process that reads strangers' files can do that, and nothing else: tried out, each way beside its control."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from generation.request import Request
from generation.serve.pool import WorkerPool
from tests.tally import tried

# ruff: noqa: ASYNC240
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Linux alone takes files and network away")

ROOT = Path(__file__).parents[2]
# What a process that a file had taken over might try. Names that stand in them come from the test.
ATTEMPTS = {
    "connect by TCP": "socket.create_connection(('127.0.0.1', port), 2).close()",
    "send by UDP": "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', port))",
    "listen": "socket.create_server(('127.0.0.1', 0)).close()",
    "open a unix socket": "socket.socket(socket.AF_UNIX).close()",
    "ask the kernel about the network": "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0).close()",
    "read the passwords": "open('/etc/passwd').read()",
    "read the database": "open(outside / 'encore.sqlite3', 'rb').read()",
    "read it by a link": "(scratch / 'b').symlink_to(outside / 'encore.sqlite3'); open(scratch / 'b', 'rb').read()",
    "read it by another program": "subprocess.run(['cat', str(outside / 'encore.sqlite3')], check=True, **quiet)",
    "read the settings beside our code": "os.listdir(root)",
    "read what our parent was told": "open(f'/proc/{os.getppid()}/environ', 'rb').read(1)",
    "write elsewhere": "open(outside / 'new', 'w').write('x')",
    "write over the database": "open(outside / 'encore.sqlite3', 'r+b').write(b'x')",
    "delete": "os.unlink(outside / 'rubbish')",
    "move something out": "open(scratch / 'a', 'w').close(); os.rename(scratch / 'a', outside / 'moved')",
    "make a folder": "os.mkdir(outside / 'folder')",
    "signal others": "os.kill(os.getppid(), 0)",
    "leave the group that is killed": "os.setsid()",
    "hoard files": "held = [open('/dev/null') for _ in range(400)]",
    "write without end": "open(scratch / 'large', 'wb').truncate(2**40)",
    "read another's memory": "check(libc.process_vm_readv(os.getpid(), None, 0, None, 0, 0) == 0)",
}
NEEDED = {
    "write in its folder": "(scratch / 'sound.wav').write_bytes(bytes(1000)); (scratch / 'sound.wav').unlink()",
    "run ffmpeg": "import imageio_ffmpeg as f; subprocess.run([f.get_ffmpeg_exe(), '-version'], check=True, **quiet)",
    "read the soundfont": "open(root / 'assets' / 'soundfont' / 'MuseScore_General.sf3', 'rb').read(4)",
    "import": "import music21.omr",
    "use threads": "from concurrent.futures import ThreadPoolExecutor as T; T(4).submit(len, 'x').result()",
    "know its memory": "open('/proc/self/statm').read()",
    "use chance": "open('/dev/urandom', 'rb').read(4)",
    "take its folder away": "import shutil; shutil.rmtree(scratch)",
}
PROGRAM = """
import ctypes, json, os, socket, subprocess, sys
from pathlib import Path
from generation.serve import confine
attempts, port, root, outside, scratch, changes, confined = json.loads(sys.argv[1])
root, outside, scratch = Path(root), Path(outside), Path(scratch)
quiet = dict(stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
libc = ctypes.CDLL(None)
def check(true): assert true
for name, value in changes.items():
    setattr(sys if name == "platform" else confine, name, value)
left = confine.confine(scratch) if confined else []
sys.platform = "linux"
outcomes = {}
for name, code in attempts.items():
    try:
        exec(code)
        outcomes[name] = "done"
    except (OSError, subprocess.SubprocessError, AssertionError) as error:
        outcomes[name] = repr(error)
print(json.dumps([left, outcomes]))
"""


@pytest.fixture
def port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def outcomes_of(
    attempts: dict[str, str], port: int, tmp_path: Path, confined: bool, **changes: object
) -> tuple[list[str], dict[str, str]]:
    outside, scratch = tmp_path / "outside", tmp_path / "scratch"
    outside.mkdir()
    scratch.mkdir()
    (outside / "encore.sqlite3").write_bytes(b"what servers set")
    (outside / "rubbish").touch()
    given = json.dumps([attempts, port, str(ROOT), str(outside), str(scratch), changes, confined])
    ran = subprocess.run([sys.executable, "-c", PROGRAM, given], capture_output=True, text=True, cwd=ROOT)
    assert ran.returncode == 0, ran.stderr
    left, outcomes = json.loads(ran.stdout)
    return left, outcomes


def test_what_is_not_confined_can_do_all_of_it(port: int, tmp_path: Path) -> None:
    """Otherwise the tests below would show nothing."""
    _, outcomes = outcomes_of({**ATTEMPTS, **NEEDED}, port, tmp_path, confined=False)
    assert {name: outcome for name, outcome in outcomes.items() if outcome != "done"} == {}


def test_a_confined_process_can_do_nothing_but_its_work(port: int, tmp_path: Path) -> None:
    left, outcomes = outcomes_of({**ATTEMPTS, **NEEDED}, port, tmp_path, confined=True)
    if left:
        pytest.skip(f"not on this machine: {left}")
    assert [name for name in ATTEMPTS if outcomes[name] == "done"] == []
    assert {name: outcomes[name] for name in NEEDED if outcomes[name] != "done"} == {}
    assert (tmp_path / "outside" / "encore.sqlite3").read_bytes() == b"what servers set"
    assert {path.name for path in (tmp_path / "outside").iterdir()} == {"encore.sqlite3", "rubbish"}
    assert not (tmp_path / "scratch").exists()
    tried("ways out of a process that reads", len(ATTEMPTS), "none open")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"platform": "darwin"}, ["darwin cannot take network and files away from it"]),
        ({"CREATE_RULESET": 9_999}, ["cannot take files away from it"]),
        ({"MACHINES": {}}, ["cannot take the network away from it"]),
        ({"CREATE_RULESET": 9_999, "MACHINES": {}}, ["files away", "the network away"]),
    ],
)
def test_where_the_platform_cannot_it_says_so_and_goes_on(
    port: int, tmp_path: Path, changes: dict[str, object], words: list[str]
) -> None:
    left, outcomes = outcomes_of({**ATTEMPTS, **NEEDED}, port, tmp_path, confined=True, **changes)
    assert all(any(word in line for line in left) for word in words) and len(left) >= len(words)
    assert {name: outcomes[name] for name in NEEDED if outcomes[name] != "done"} == {}
    assert outcomes["hoard files"] != "done", "limits there are everywhere"


async def test_the_processes_that_read_are_confined() -> None:
    async with WorkerPool(renderers=2, model="echo") as pool:
        await pool.play(Request(data=b"X:1\nK:C\nCDEF|", filename="a.abc", formats=("mid",)))
        await pool.ready()
        assert len(pool.pids["render"]) == 2
        for pid in pool.pids["render"]:
            status = dict(
                line.split(":\t", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if ":\t" in line
            )
            assert status["NoNewPrivs"] == "1"
            assert status["Seccomp"].strip() == ("2" if os.uname().machine in ("x86_64", "aarch64") else "0")
            assert int(status["CapEff"], 16) in (0, 1 << 2)
            limits = Path(f"/proc/{pid}/limits").read_text()
            assert "Max open files            256 " in limits and "Max core file size        0 " in limits
            assert "unlimited" not in next(line for line in limits.splitlines() if line.startswith("Max file size"))
