"""The queue behind TLS, passwords and NATS' credentials, with a real server: who is let in, and how others are told."""

import base64
import binascii
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from generation.request import Refusal
from generation.serve.nats_engine import NatsEngine
from tests.nats_server import FOUND, NONE, Server, nats_server

pytestmark = pytest.mark.skipif(not FOUND, reason=NONE)
OPERATOR, ACCOUNT, USER, SEED = 14 << 3, 0, 20 << 3, 18 << 3  # first bytes of NATS' keys


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("generation.serve.nats_queue.CONNECTING", 6.0)


async def opens(address: str) -> None:
    async with NatsEngine(address, 32) as engine:
        assert (await engine.queue()).waiting == 0


async def refused(address: str, words: str) -> None:
    with pytest.raises(Refusal, match=words) as refusal:
        await opens(address)
    assert "secret" not in str(refusal.value)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder, authority = tmp_path_factory.mktemp("certificates"), trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    for name, of in (("server", authority.issue_cert("127.0.0.1")), ("bot", authority.issue_cert("bot.example"))):
        of.cert_chain_pems[0].write_to_path(str(folder / f"{name}.pem"))
        of.private_key_pem.write_to_path(str(folder / f"{name}.key"))
    return folder


def tls(folder: Path, verify: bool) -> str:
    files = f'cert_file: "{folder}/server.pem", key_file: "{folder}/server.key", ca_file: "{folder}/ca.pem"'
    return f"tls {{ {files}, verify: {str(verify).lower()} }}"


@pytest.fixture
def encrypted(certificates: Path) -> Iterator[Server]:
    with nats_server(tls(certificates, verify=False)) as server:
        yield server


@pytest.fixture
def mutual(certificates: Path) -> Iterator[Server]:
    with nats_server(tls(certificates, verify=True)) as server:
        yield server


async def test_a_certificate_is_checked(encrypted: Server, certificates: Path) -> None:
    await opens(f"{encrypted.address}?ca={certificates}/ca.pem")
    await opens(f"{encrypted.address.replace('nats:', 'tls:')}?ca={certificates}/ca.pem")
    await refused(encrypted.address.replace("nats:", "tls:"), "cannot be reached: .*certificate")


async def test_a_server_may_ask_for_a_certificate(mutual: Server, certificates: Path) -> None:
    own = f"cert={certificates}/bot.pem&key={certificates}/bot.key"
    await opens(f"{mutual.address}?ca={certificates}/ca.pem&{own}")
    await refused(f"{mutual.address}?ca={certificates}/ca.pem", "cannot be reached")


async def test_a_password_in_the_address_or_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("top secret\n")
    with nats_server('authorization { user: "encore", password: "top secret" }') as server:
        host = server.address.removeprefix("nats://")
        await opens(f"nats://encore:top%20secret@{host}")
        await opens(f"nats://encore@{host}?password={tmp_path}/password")
        await opens(f"nats://{host}?password={tmp_path}/password")
        await refused(f"nats://encore:no%20secret@{host}", "cannot be reached: (.*Authorization|.*reset)")


async def test_a_token_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("secret\n")
    with nats_server('authorization { token: "secret" }') as server:
        await opens(f"{server.address}?token={tmp_path}/token")
        await refused(server.address, "cannot be reached: (.*Authorization|.*reset)")


class Key:
    """A key of an operator, an account or a user, as NATS writes them."""

    def __init__(self, kind: int) -> None:
        self.kind, self.secret = kind, Ed25519PrivateKey.generate()
        self.public = self._written(bytes([kind]) + self.secret.public_key().public_bytes_raw())
        self.seed = self._written(bytes([SEED | kind >> 5, (kind & 31) << 3]) + self.secret.private_bytes_raw())

    def _written(self, data: bytes) -> str:
        checked = data + binascii.crc_hqx(data, 0).to_bytes(2, "little")
        return base64.b32encode(checked).decode().rstrip("=")

    def token(self, about: "Key", kind: str, **more: Any) -> str:
        """A JWT in which this key says something of another."""
        claims = {"jti": "x", "iat": 1_700_000_000, "iss": self.public, "name": kind, "sub": about.public}
        said = [{"typ": "JWT", "alg": "ed25519-nkey"}, {**claims, "nats": {"type": kind, "version": 2, **more}}]
        parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in said]
        signature = base64.urlsafe_b64encode(self.secret.sign(b".".join(parts))).rstrip(b"=")
        return b".".join([*parts, signature]).decode()


def credentials(user: Key, token: str) -> str:
    return (
        f"-----BEGIN NATS USER JWT-----\n{token}\n------END NATS USER JWT------\n\n"
        "************ IMPORTANT ************\nNKEY Seed printed below can be used to sign.\n\n"
        f"-----BEGIN USER NKEY SEED-----\n{user.seed}\n------END USER NKEY SEED------\n"
    )


async def test_a_file_of_credentials(tmp_path: Path) -> None:
    operator, system, account, user, stranger = map(Key, (OPERATOR, ACCOUNT, ACCOUNT, USER, USER))
    bounds = dict.fromkeys(("subs", "data", "payload", "imports", "exports", "conn", "leaf"), -1)
    limits = {**bounds, "wildcards": True, **dict.fromkeys(("mem_storage", "disk_storage", "streams", "consumer"), -1)}
    accounts = {
        system.public: operator.token(system, "account", limits={**bounds, "wildcards": True}),
        account.public: operator.token(account, "account", limits=limits),
    }
    preloaded = "\n".join(f"{public}: {token}" for public, token in accounts.items())
    configuration = (
        f"operator: {operator.token(operator, 'operator')}\nsystem_account: {system.public}\n"
        f"resolver: MEMORY\nresolver_preload {{\n{preloaded}\n}}"
    )
    token = account.token(user, "user", pub={}, sub={}, subs=-1, data=-1, payload=-1)
    (tmp_path / "user.creds").write_text(credentials(user, token))
    (tmp_path / "forged.creds").write_text(credentials(stranger, token))
    with nats_server(configuration) as server:
        await opens(f"{server.address}?creds={tmp_path}/user.creds")
        await refused(f"{server.address}?creds={tmp_path}/forged.creds", "cannot be reached: (.*Authorization|.*reset)")
        await refused(server.address, "cannot be reached: (.*Authorization|.*reset)")


@pytest.mark.parametrize(
    ("option", "text", "words"),
    [
        ("ca", None, "cannot be used: No such file"),
        ("ca", "no certificate", "cannot be used"),
        ("token", None, "cannot be used: No such file"),
        ("creds", "no credentials", "holds a user's JWT and the seed"),
        ("creds", "-----BEGIN NATS USER JWT-----\nx.y.z\n-----BEGIN USER NKEY SEED-----\nSUAX\n", "seed .* is damaged"),
    ],
)
async def test_a_file_that_will_not_do_is_refused_in_words(
    tmp_path: Path, option: str, text: str | None, words: str
) -> None:
    if text is not None:
        (tmp_path / "file").write_text(text)
    await refused(f"nats://127.0.0.1:1?{option}={tmp_path}/file", words)
