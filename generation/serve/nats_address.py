"""The address of a NATS server: hosts and options, and the files that it names, with certificates and credentials."""

import base64
import re
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from generation.request import Refusal

OPTIONS = {"ca", "cert", "key", "token", "password", "creds", "replicas"}
# The two sections of a file of NATS' tools: the token that names a user, and the seed of the user's key.
CREDENTIALS = re.compile(r"BEGIN NATS USER JWT-+\s+(\S+)\s.*BEGIN USER NKEY SEED-+\s+(\S+)", re.DOTALL)
SEED = slice(2, 34)  # bytes of a seed; before it the kind of key, after it a checksum


@dataclass(frozen=True)
class Address:
    """nats://USER:PASSWORD@HOST:PORT,HOST:PORT?ca=FILE&cert=FILE&key=FILE&creds=FILE&token=FILE&password=FILE&replicas=3

    With tls:// or any of `ca`, `cert` and `key`, everything that travels is encrypted. `token` and `password` name
    files that contain them, since others may see the address; `creds` names a file of NATS' own tools. `replicas`: the
    number of servers that keep the stream.
    """

    servers: tuple[str, ...]
    options: dict[str, str]

    @classmethod
    def parse(cls, text: str) -> "Address":
        plain, _, query = text.partition("?")
        scheme, _, hosts = plain.partition("://")
        options = dict(parse_qsl(query))
        servers = tuple(f"{scheme}://{host}" for host in hosts.split(","))
        sound = scheme in ("nats", "tls") and all(map(_is_server, servers))
        if not sound or options.keys() - OPTIONS or options.get("replicas", "1") not in ("1", "3", "5"):
            raise Refusal(
                "The engine's address must be nats://HOST:PORT or tls://HOST:PORT, with more hosts after commas, and "
                "after a question mark only: {options}.",
                options=", ".join(sorted(OPTIONS)),
            )
        return cls(servers, options)

    @property
    def replicas(self) -> int:
        return int(self.options.get("replicas", 1))

    def _login(self) -> dict[str, Any]:
        """The login before the “@”: a user and a password, or a token; %20 is a space."""
        first = urlsplit(self.servers[0])
        if first.username is None:
            return {}
        if first.password is None:
            return {"token": unquote(first.username)}
        return {"user": unquote(first.username), "password": unquote(first.password)}

    def security(self) -> dict[str, Any]:
        """The arguments for `nats.connect` that hold secrets. Raises `Refusal` if a file cannot be read."""
        found = self._login()
        try:
            if self.options.keys() & {"ca", "cert", "key"}:
                context = ssl.create_default_context(cafile=self.options.get("ca"))
                if "cert" in self.options:
                    context.load_cert_chain(self.options["cert"], self.options.get("key"))
                found["tls"] = context
            if "token" in self.options:
                found["token"] = _text(self.options["token"])
            if "password" in self.options:
                found["user"] = found.get("user") or found.pop("token", "encore")
                found["password"] = _text(self.options["password"])
            if "creds" in self.options:
                found |= _credentials(_text(self.options["creds"]))
        except (OSError, ValueError) as error:  # of TLS as well: its errors are of the system's kind
            why = str(getattr(error, "strerror", "") or error)
            raise Refusal("A file that the engine's address names cannot be used: {why}.", why=why) from error
        return found


def _is_server(address: str) -> bool:
    try:
        return bool(urlsplit(address).hostname) and urlsplit(address).port != 0
    except ValueError:  # for a port that is no number, or half of an IPv6 address
        return False


def _text(file: str) -> str:
    return Path(file).read_text().strip()


def _credentials(text: str) -> dict[str, Any]:
    """Arguments for `nats.connect` from a file of credentials: functions that return the user's token and that sign
    what the server draws at random. Raises `ValueError` if it is no such file."""
    found = CREDENTIALS.search(text)
    if found is None:
        raise ValueError("a file of credentials holds a user's JWT and the seed of a key")
    word, seed = found[1].encode(), found[2]
    try:
        key = Ed25519PrivateKey.from_private_bytes(base64.b32decode(seed + "=" * (-len(seed) % 8))[SEED])
    except ValueError as error:
        raise ValueError("the seed of a key in a file of credentials is damaged") from error
    return {
        "user_jwt_cb": lambda: word,
        "signature_cb": lambda drawn: base64.b64encode(key.sign(drawn.encode())),
    }
