"""kubernetes.yaml passes the schemas of Kubernetes and KEDA, names settings that exist, and its NATS servers start."""

import asyncio
import contextlib
import copy
import json
import signal
import subprocess
import tempfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from bot.settings import Settings
from generation.serve.nats_engine import NatsEngine
from generation.serve.nats_queue import PLAYERS, STREAM
from generation.serve.serving import SECRETS
from tests.nats_server import FOUND, NONE, Server, free_port
from tests.patience import PATIENCE

ROOT = Path(__file__).parent.parent
OBJECTS: list[dict[str, Any]] = list(yaml.safe_load_all((ROOT / "kubernetes.yaml").read_text()))
SCHEMA = json.loads((ROOT / "tests/data/kubernetes/schema.json").read_text())
NAMED = {f"{each['kind']} {each['metadata']['name']}": each for each in OBJECTS}
AFTER_GRACE = 15  # seconds that the bot may take after ENCORE_GRACE, as the README says


def problems(thing: dict[str, Any]) -> list[str]:
    group, _, version = thing["apiVersion"].rpartition("/")
    group = "core" if not group else group.partition(".")[0]
    kind = f"{group}.{thing['kind']}" if group == "keda" else f"io.k8s.api.{group}.{version}.{thing['kind']}"
    judge = Draft202012Validator({"$ref": f"#/$defs/{kind}", **SCHEMA})
    return [f"{error.json_path}: {error.message}" for error in judge.iter_errors(thing)]


def pod(name: str) -> dict[str, Any]:
    return NAMED[name]["spec"]["template"]["spec"]


def environment(name: str) -> dict[str, str]:
    return {each["name"]: each.get("value", "") for each in pod(name)["containers"][0]["env"]}


BOT, PLAYER, NATS, SCALED = "StatefulSet bot", "Deployment player", "StatefulSet nats", "ScaledObject player"
PODS = [BOT, PLAYER, NATS]


@pytest.mark.parametrize("name", NAMED)
def test_kubernetes_knows_all_that_it_says(name: str) -> None:
    assert problems(NAMED[name]) == []
    assert NAMED[name]["metadata"]["namespace"] == "encore"


def test_what_kubernetes_does_not_know_is_noticed() -> None:
    for name, path, value in (
        (PLAYER, ("spec", "template", "spec", "terminationGraceSeconds"), 90),
        (BOT, ("spec", "replicas"), "two"),
        (SCALED, ("spec", "maxReplicas"), 8),
        (SCALED, ("spec", "triggers", 0, "metadata", "lagThreshold"), 4),  # KEDA wants all of these as text
    ):
        wrong: Any = copy.deepcopy(NAMED[name])
        inner = wrong
        for step in path[:-1]:
            inner = inner[step]
        inner[path[-1]] = value
        assert len(problems(wrong)) == 1


@pytest.mark.parametrize("name", PODS)
def test_every_pod_is_watched_limited_and_locked(name: str) -> None:
    inside, (container,) = pod(name), pod(name)["containers"]
    assert {"startupProbe", "readinessProbe", "livenessProbe"} <= container.keys()
    ports = {each["containerPort"] for each in container["ports"]}
    assert all(container[probe]["httpGet"]["port"] in ports for probe in container if probe.endswith("Probe"))
    assert container["resources"]["requests"].keys() == {"cpu", "memory"}
    assert container["resources"]["limits"].keys() == {"memory"}
    assert inside["automountServiceAccountToken"] is False and inside["securityContext"]["runAsNonRoot"]
    assert container["securityContext"]["readOnlyRootFilesystem"]
    assert NAMED[name]["spec"]["selector"]["matchLabels"] == NAMED[name]["spec"]["template"]["metadata"]["labels"]


@pytest.mark.parametrize("name", [BOT, PLAYER])
def test_what_is_begun_may_be_finished(name: str) -> None:
    assert pod(name)["terminationGracePeriodSeconds"] >= float(environment(name)["ENCORE_GRACE"]) + AFTER_GRACE


def test_a_machine_that_plays_learns_no_secret() -> None:
    said = json.dumps(pod(PLAYER))
    assert "secret" not in said.lower() and "envFrom" not in said
    assert not [name for name in SECRETS if environment(PLAYER).get(name)]


@pytest.mark.parametrize("name", [BOT, PLAYER])
def test_every_setting_is_one_that_there_is(name: str) -> None:
    ours = {said for said in environment(name) if said.startswith("ENCORE_")}
    known = {f"ENCORE_{field}".upper() for field in Settings.model_fields}
    assert ours and ours <= known
    wanted = {said: value for said, value in environment(name).items() if said in ours and value}
    Settings(**{said.removeprefix("ENCORE_").lower(): value for said, value in wanted.items()}, _env_file=None)


def test_compose_names_settings_that_there_are() -> None:
    services = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
    known = {f"ENCORE_{field}".upper() for field in Settings.model_fields}
    ours = [services[name].get("environment", {}).keys() for name in ("bot-0", "bot-1", "player")]
    assert all(names and names <= known for names in ours)
    assert services["nats"]["image"] == pod(NATS)["containers"][0]["image"]


def test_the_bots_hold_each_shard_once() -> None:
    said, held, counts = environment(BOT), list[int](), set[int]()
    assert int(said["BOTS"]) == NAMED[BOT]["spec"]["replicas"]
    command = pod(BOT)["containers"][0]["command"]
    for number in range(int(said["BOTS"])):
        shown = [*command[:2], command[2].replace("exec python -m bot", "env")]
        printed = subprocess.run(shown, env=said | {"BOT": str(number)}, capture_output=True, text=True, check=True)
        (shards,) = [line for line in printed.stdout.splitlines() if line.startswith("ENCORE_SHARDS=")]
        some, _, count = Settings(shards=shards.partition("=")[2], _env_file=None).shards.partition("/")
        first, _, last = some.partition("-")
        held += range(int(first), int(last) + 1)
        counts.add(int(count))
    assert counts == {len(held)} and held == list(range(len(held)))


def test_there_is_room_for_what_all_machines_play() -> None:
    most = NAMED[SCALED]["spec"]["maxReplicaCount"] * int(environment(PLAYER)["ENCORE_AT_ONCE"])
    assert int(environment(BOT)["ENCORE_AT_ONCE"]) == most
    assert NAMED[SCALED]["spec"]["scaleTargetRef"]["name"] == NAMED[PLAYER]["metadata"]["name"]
    assert environment(BOT)["ENCORE_ENGINE"] == environment(PLAYER)["ENCORE_ENGINE"]


@contextlib.contextmanager
def as_configured() -> Iterator[dict[str, tuple[Server, int]]]:
    """Three servers with the configuration that is written there, and the ports of their pages for machines."""
    text: str = NAMED["ConfigMap nats"]["data"]["nats.conf"]
    with contextlib.ExitStack() as ending:
        ports, found = [free_port() for _ in range(3)], dict[str, tuple[Server, int]]()
        for number, port in enumerate(ports):
            text = text.replace(f"nats-{number}.nats:6222", f"127.0.0.1:{port}")
        for number, port in enumerate(ports):
            folder = Path(ending.enter_context(tempfile.TemporaryDirectory(prefix="encore-nats-")))
            server, page = Server(folder), free_port()
            own = text.replace("0.0.0.0:6222", f"127.0.0.1:{port}").replace("/data", f'"{folder}/streams"')
            own = own.replace("http: 8222", f'http: "127.0.0.1:{page}"').replace("$POD", f"nats-{number}")
            server.configuration.write_text(f'listen: "127.0.0.1:{server.port}"\n{own}')
            server.start()
            ending.callback(server.stop, signal.SIGKILL)
            found[f"nats-{number}"] = server, page
        yield found


def fetch(page: int, path: str) -> dict[str, Any]:
    with urllib.request.urlopen(f"http://127.0.0.1:{page}{path}", timeout=PATIENCE) as answer:
        assert answer.status == 200
        found: dict[str, Any] = json.load(answer)
        return found


@pytest.mark.skipif(not FOUND, reason=NONE)
async def test_keda_finds_how_long_the_line_is() -> None:
    (trigger,) = NAMED[SCALED]["spec"]["triggers"]
    wanted = trigger["metadata"]
    assert (wanted["stream"], wanted["consumer"]) == (STREAM, PLAYERS)
    with as_configured() as servers:
        hosts = ",".join(server.address.removeprefix("nats://") for server, _ in servers.values())
        address = environment(BOT)["ENCORE_ENGINE"].replace("nats:4222", hosts)
        async with NatsEngine(address, 32) as engine:
            for member in range(3):
                await engine.enter(str(member), str(member), asyncio.Event(), lambda: None)
            info = await engine._stream.consumer_info(STREAM, PLAYERS)
            assert info.cluster is not None and len(info.cluster.replicas or []) == 2
            _, page = servers[str(info.cluster.leader)]
            told = await asyncio.to_thread(fetch, page, f"/jsz?acc={wanted['account']}&consumers=true&config=true")
            (account,) = [each for each in told["account_details"] if each["name"] == wanted["account"]]
            (stream,) = [each for each in account["stream_detail"] if each["name"] == wanted["stream"]]
            (consumer,) = [each for each in stream["consumer_detail"] if each["name"] == wanted["consumer"]]
            assert consumer["num_pending"] + consumer["num_ack_pending"] == 3
            for probe in ("readinessProbe", "livenessProbe"):
                asked = pod(NATS)["containers"][0][probe]["httpGet"]["path"]
                assert (await asyncio.to_thread(fetch, page, asked))["status"] == "ok"
