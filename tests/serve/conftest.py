"""Fixtures of the tests with other machines."""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from generation.serve.nats_engine import NatsEngine
from tests.nats_server import Server, nats_server
from tests.serve.asker import LONGEST


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with nats_server() as server:
        yield server


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def engine(server: Server) -> AsyncIterator[NatsEngine]:
    async with NatsEngine(server.address, LONGEST) as engine:
        yield engine
