"""Discord's HTTP API: finds the handler of a request, and around it checks token, limits, form and answer."""

import json
import logging
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol

from aiohttp import web

from bot.preview import api_account, api_commands, api_interactions, api_messages
from bot.preview.call import Call
from bot.preview.gateway import Gateway
from bot.preview.limits import Limits
from bot.preview.messages import ApiError, refuse
from bot.preview.uploads import read_body
from bot.preview.world import World

log = logging.getLogger(__name__)
BASE = "/api/v10"
Handler = Callable[[Call], Awaitable[Any]]

ROUTES: dict[str, Handler] = {
    **api_account.ROUTES,
    **api_commands.ROUTES,
    **api_messages.ROUTES,
    **api_interactions.ROUTES,
}


class Judge(Protocol):
    """Compares requests and answers with a description of the API; both return the faults, a sentence each."""

    def request(self, method: str, path: str, body: Any) -> list[str]: ...
    def response(self, method: str, path: str, status: int, body: Any) -> list[str]: ...


@dataclass(frozen=True)
class Route:
    method: str
    pattern: re.Pattern[str]
    handler: Handler


def compiled(routes: dict[str, Handler]) -> list[Route]:
    """ "GET /guilds/{guild}" → a method, a pattern with named groups, the handler."""
    result = []
    for key, handler in routes.items():
        method, template = key.split(" ")
        pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", template.replace("@", "\\@"))
        result.append(Route(method, re.compile(pattern), handler))
    return result


class Api:
    def __init__(self, world: World, gateway: Gateway, limits: Limits, judge: Judge | None = None) -> None:
        self.world, self.gateway, self.limits, self.judge = world, gateway, limits, judge
        self.routes = compiled(ROUTES)

    async def endpoint(self, request: web.Request) -> web.Response:
        path = request.path.removeprefix(BASE)
        what = f"{request.method} {path}"
        headers, wait = self.limits.count(what)
        fault = self.limits.ordered_fault(what)
        if fault and fault.status == 0 and request.transport:
            request.transport.abort()
        if fault and fault.status != 429:
            return answer(fault.status or 500, {"message": "ordered by a test", "code": fault.code}, headers)
        if fault or wait is not None:
            return too_many(fault.retry_after if fault else wait or 0.0, bool(fault and fault.is_global), headers)
        try:
            status, body = await self.serve(request, path, what)
        except ApiError as error:
            status, body = error.status, {"message": error.message, "code": error.code}
            if status in (400, 405, 413):
                self.world.violation(f"{what}: {error.message}")
        except Exception as error:
            log.exception("%s", what)
            self.world.violation(f"{what}: the stand-in broke over it: {error!r}")
            return answer(500, {"message": "500: Internal Server Error", "code": 0}, headers)
        if self.judge:
            problems = self.judge.response(request.method, path, status, body)
            self.world.violations += [f"answer to {what}: {problem}" for problem in problems]
        return answer(status, body, headers)

    async def serve(self, request: web.Request, path: str, what: str) -> tuple[int, Any]:
        handler, found = self.find(request.method, path)
        by_token = path.startswith(("/webhooks/", "/interactions/"))
        if not by_token and request.headers.get("Authorization") != f"Bot {self.world.token}":
            raise ApiError(401, 0, "401: Unauthorized")
        if not by_token and not request.headers.get("User-Agent", "").startswith("DiscordBot ("):
            self.world.violation(f"{what}: the User-Agent must start with DiscordBot (")
        body, uploads = await read_body(request)
        if self.judge:
            refuse(self.judge.request(request.method, path, body))
        call = Call(self.world, self.gateway, found, dict(request.query), body, uploads)
        result = await handler(call)
        return (204, None) if result is None else (200, result)

    def find(self, method: str, path: str) -> tuple[Handler, dict[str, str]]:
        for route in self.routes:
            match = route.pattern.fullmatch(path) if route.method == method else None
            if match:
                return route.handler, match.groupdict()
        self.world.violation(f"{method} {path}: the stand-in does not know this path")
        raise ApiError(404, 0, "404: Not Found")


def answer(status: int, body: Any, headers: dict[str, str]) -> web.Response:
    """JSON whose type is exactly application/json: clients compare the whole header."""
    if body is None:
        return web.Response(status=status, headers=headers)
    headers = {**headers, "Content-Type": "application/json", "Via": "1.1 stand-in"}
    return web.Response(status=status, body=json.dumps(body).encode(), headers=headers)


def too_many(retry_after: float, is_global: bool, headers: dict[str, str]) -> web.Response:
    body = {"message": "You are being rate limited.", "retry_after": retry_after, "global": is_global, "code": 0}
    scope = "global" if is_global else "user"
    more = {"Retry-After": str(int(retry_after) + 1), "X-RateLimit-Scope": scope}
    if is_global:
        more["X-RateLimit-Global"] = "true"
    return answer(429, body, {**headers, "X-RateLimit-Remaining": "0", **more})
