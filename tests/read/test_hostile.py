"""Hundreds of hostile files through the process that reads: each is read or refused in a sentence, and it goes on."""

import os
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from generation.request import Refusal, Request
from generation.serve.pool import DEADLY, TOO_HARD, WorkerPool
from tests.hostile_bytes import File
from tests.hostile_files import hostile_files
from tests.tally import tried

# ruff: noqa: ASYNC240
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")

ROOT = Path(__file__).parents[2]
TINY = sorted((ROOT / "tests" / "data" / "tiny").glob("tune.*"))
MEMORY = 512 * 2**20  # bytes that reading may take
LATE = 3  # files that may take the whole five seconds, where the machine is busy with other things
# Python itself reports everything that it opens, fetches and starts; the process keeps a list.
LISTENER = """
import os, sys
told = os.open(os.environ["PYTHONPATH"] + "/told", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
def hear(event, arguments):
    if event.partition(".")[0] in {"open", "socket", "subprocess", "urllib", "http", "ftplib", "shutil", "tempfile",
                                   "ctypes", "sqlite3", "smtplib", "webbrowser"} or event in {
        "os.system", "os.exec", "os.posix_spawn", "os.fork", "os.remove", "os.rename", "os.mkdir", "os.rmdir",
        "os.link", "os.symlink", "os.truncate", "os.listdir", "os.scandir", "os.chmod", "os.putenv", "exec"}:
        if event != "exec":
            os.write(told, f"{os.getpid()} {event} {arguments[:1]!r}\\n".encode("utf-8", "replace"))
sys.addaudithook(hear)
"""


def is_a_sentence(words: str) -> bool:
    return (
        words[0].isupper() and words.endswith(".") and "\n" not in words and len(words) < 250 and "Error" not in words
    )


async def answered(pool: WorkerPool, files: Iterable[File]) -> tuple[int, int, list[str]]:
    """How many files are read, how many are refused in a sentence, and the names of those refused because they took
    all the time that they may."""
    read, refused, late = 0, 0, list[str]()
    for name, data in files:
        try:
            await pool.check(Request(data=data, filename=name))
            read += 1
        except Refusal as refusal:
            assert is_a_sentence(str(refusal)), (name, str(refusal))
            assert refusal.words != DEADLY, name
            refused += 1
            if str(refusal) == TOO_HARD["read"]:
                late.append(name)
    return read, refused, late


def count(folder: str) -> int:
    return len(list(Path(folder).iterdir()))


def figure(pid: int, name: str) -> int:
    """Bytes, as the kernel reports them for a process."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return 1024 * int(next(line for line in lines if line.startswith(f"{name}:")).split()[1])


def ours(line: str) -> bool:
    """Whether an opened file is part of Python, its packages, or our own code."""
    event, _, said = line.partition(" ")
    path = said.strip("(),'")
    places = (
        sys.prefix,
        os.path.realpath(sys.prefix),
        sys.base_prefix,
        "/usr/lib",
        "/proc/self/statm",
        "/dev/null",  # where decoders complain to
        "/etc/os-release",  # asked for by ONNX Runtime, and refused
        str(ROOT / "generation"),
        str(ROOT / "assets"),
    )
    return event in ("open", "os.listdir", "os.scandir") and path.startswith(places)


async def test_hostile_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sitecustomize.py").write_text(LISTENER)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    async with WorkerPool(renderers=1, model="echo", quiet=True) as pool:
        for path in TINY:
            await pool.check(Request(data=path.read_bytes(), filename=path.name))
        (pid,) = pool.pids["render"]
        open_files, memory, heard = count(f"/proc/{pid}/fd"), figure(pid, "VmRSS"), (tmp_path / "told").stat()
        scratch = Path(f"/proc/{pid}/environ").read_bytes().partition(b"TMPDIR=")[2].partition(b"\0")[0].decode()
        read, refused, late = await answered(pool, hostile_files())
        assert read + refused >= 300 and len(late) <= LATE, late
        if not late:
            assert pool.pids["render"] == [pid], "one process lived through it all"
            assert count(f"/proc/{pid}/fd") == open_files and count(scratch) == 0
            assert figure(pid, "VmHWM") < memory + MEMORY
        await pool.check(Request(data=TINY[0].read_bytes(), filename="tune.abc"))
    told = (tmp_path / "told").read_bytes()
    assert b" open " in told[: heard.st_size], "it does listen"
    later = [line.partition(" ") for line in told[heard.st_size :].decode().splitlines()]
    assert [line for who, _, line in later if who == str(pid) and not ours(line)] == []
    tried("hostile files", read + refused, f"{read} read, {refused} refused in a sentence")
