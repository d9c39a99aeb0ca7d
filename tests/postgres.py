"""A PostgreSQL server for a single test, where the machine has the program."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from tests.patience import PATIENCE

FOUND = shutil.which("postgres") or next(iter(sorted(map(str, Path("/usr/lib/postgresql").glob("*/bin/postgres")))), "")
BIN = Path(FOUND).resolve().parent if FOUND else None
NONE = "no PostgreSQL is installed"
PASSWORD = "let me/in:now"  # with characters that an address has to escape


def _somebody() -> str | None:
    """Whom to run it as: it refuses to run as root."""
    if os.geteuid():
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


@dataclass(frozen=True)
class Server:
    """`address` is that of an empty database, as hosts of such hand it out."""

    address: str
    process: subprocess.Popen[bytes]

    def stop(self) -> None:
        """At once, whoever is connected."""
        self.process.send_signal(signal.SIGINT)
        self.process.wait(PATIENCE)

    @contextmanager
    def silent(self) -> Iterator[None]:
        """It keeps its connections, and says nothing on them."""
        said = subprocess.run(["ps", "-o", "pid=", "--ppid", str(self.process.pid)], capture_output=True, text=True)
        every = [self.process.pid, *map(int, said.stdout.split())]
        for one in every:
            os.kill(one, signal.SIGSTOP)
        try:
            yield
        finally:
            for one in every:
                os.kill(one, signal.SIGCONT)


@contextmanager
def postgres() -> Iterator[Server]:
    """A new server, with its files in a folder of its own."""
    assert BIN
    who = _somebody()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="encore-postgres-") as name:
        folder = Path(name)
        data, secret, log = folder / "data", folder / "password", folder / "log"
        data.mkdir(mode=0o700)
        secret.write_text(PASSWORD)
        for place in (folder, data, secret) if who else ():
            shutil.chown(place, who)
        options = ("--auth=scram-sha-256", f"--pwfile={secret}", "--username=encore", "--encoding=UTF8", "--locale=C")
        made = subprocess.run(
            [BIN / "initdb", f"--pgdata={data}", "--no-sync", *options], user=who, capture_output=True, cwd=folder
        )
        assert made.returncode == 0, made.stderr.decode()
        options = ("-D", str(data), "-p", str(port), "-h", "127.0.0.1", "-k", "", "-F")
        with log.open("wb") as out:
            process = subprocess.Popen([BIN / "postgres", *options], user=who, stdout=out, stderr=out, cwd=folder)
        server = Server(f"postgresql://encore:{quote(PASSWORD, safe='')}@127.0.0.1:{port}/postgres", process)
        try:
            end = time.monotonic() + PATIENCE
            while not _listens(port):
                assert process.poll() is None and time.monotonic() < end, log.read_text()
                time.sleep(0.05)
            yield server
        finally:
            server.stop()


def _listens(port: int) -> bool:
    assert BIN
    ready = subprocess.run([BIN / "pg_isready", "-h", "127.0.0.1", "-p", str(port)], capture_output=True)
    return ready.returncode == 0
