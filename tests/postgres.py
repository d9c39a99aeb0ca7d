"""A PostgreSQL server of one's own for a test, where the machine has the program."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FOUND = shutil.which("postgres") or next(iter(sorted(map(str, Path("/usr/lib/postgresql").glob("*/bin/postgres")))), "")
BIN = Path(FOUND).resolve().parent if FOUND else None
NONE = "no PostgreSQL is installed"
PASSWORD = "let me/in:now"  # with what an address has to escape
PATIENCE = 60.0


def _somebody() -> str | None:
    """Whom to run it as: it refuses to run as root."""
    if os.geteuid():
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


@contextmanager
def postgres(folder: Path) -> Iterator[str]:
    """The address of an empty database, as hosts of such hand it out, with its files in `folder`."""
    assert BIN
    data, who = folder / "data", _somebody()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    for place in reversed((folder, *folder.parents)):  # pytest's folders are for their owner alone
        if who and place.stat().st_uid == 0 and place.is_relative_to("/tmp") and place != Path("/tmp"):
            place.chmod(place.stat().st_mode | 0o111)
    secret = folder / "password"
    secret.write_text(PASSWORD)
    data.mkdir(mode=0o700)
    if who:
        shutil.chown(data, who)
        shutil.chown(secret, who)
    options = ("--auth=scram-sha-256", f"--pwfile={secret}", "--username=encore", "--encoding=UTF8", "--locale=C")
    made = subprocess.run([BIN / "initdb", f"--pgdata={data}", "--no-sync", *options], user=who, capture_output=True)
    assert made.returncode == 0, made.stderr.decode()
    log = (folder / "log").open("wb")
    server = subprocess.Popen(
        [BIN / "postgres", "-D", data, "-p", str(port), "-h", "127.0.0.1", "-k", "", "-F"],
        user=who, stdout=log, stderr=log,
    )  # fmt: skip
    log.close()
    try:
        end = time.monotonic() + PATIENCE
        while not _listens(port):
            assert server.poll() is None and time.monotonic() < end, (folder / "log").read_text()
            time.sleep(0.05)
        yield f"postgresql://encore:let%20me%2Fin%3Anow@127.0.0.1:{port}/postgres"
    finally:
        server.send_signal(signal.SIGINT)  # at once, whoever is connected
        server.wait(30)


def _listens(port: int) -> bool:
    with socket.socket() as trial:
        if trial.connect_ex(("127.0.0.1", port)):
            return False
    ready = subprocess.run([BIN / "pg_isready", "-h", "127.0.0.1", "-p", str(port)], capture_output=True)
    return ready.returncode == 0
