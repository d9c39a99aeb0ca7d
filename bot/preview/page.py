"""The page in the browser: its files, a stream of what happens, and what a person does there."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from aiohttp import BodyPartReader, web

from bot.preview import files, people, view
from bot.preview.messages import Upload
from bot.preview.options import Rejected
from bot.preview.standin import StandIn
from bot.preview.world import AUTOCOMPLETE, MIB, Change, Interaction, Json, Message, User

STATIC = Path(__file__).parent / "static"
EXAMPLES = Path(__file__).parents[2] / "assets" / "examples"
TUNES = (".abc", ".mid", ".midi", ".musicxml", ".mxl", ".krn")
SHOWN = ("audio/mpeg", "audio/ogg", "audio/wav", "audio/x-wav", "image/png", "image/jpeg", "image/gif", "image/webp")
POLICY = "default-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; frame-ancestors 'none'"
LOCAL = ("127.0.0.1", "localhost", "[::1]")


class Page:
    """Serves 127.0.0.1 only: anybody who opens the page may act as any person of the preview."""

    def __init__(self, standin: StandIn) -> None:
        self.standin, self.world = standin, standin.world
        self.trouble = ""  # why the bot is not there, in words
        self.runner: web.AppRunner | None = None
        self.readers: set[asyncio.Queue[Json]] = set()

    async def start(self, port: int) -> int:
        """Listen on `port`, or on a free one if that is taken. Returns the port."""
        app = web.Application(client_max_size=64 * MIB, middlewares=[local_only])
        app.router.add_get("/", self.index)
        app.router.add_get("/live", self.live)
        app.router.add_get("/files/{id}/{name}", self.file)
        app.router.add_get("/examples/{name}", self.example)
        app.router.add_post("/do/{action}", self.do)
        app.router.add_static("/static/", STATIC)
        self.runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self.runner.setup()
        try:
            await web.TCPSite(self.runner, "127.0.0.1", port).start()
        except OSError:
            await web.TCPSite(self.runner, "127.0.0.1", 0).start()
        return int(self.runner.addresses[0][1])

    async def stop(self) -> None:
        for reader in self.readers:
            reader.put_nowait({"kind": "end"})
        if self.runner:
            await self.runner.cleanup()

    def say_trouble(self, words: str) -> None:
        self.trouble = words
        self.world.tell(Change("presence"))

    async def index(self, request: web.Request) -> web.FileResponse:
        return web.FileResponse(STATIC / "index.html")

    async def file(self, request: web.Request) -> web.Response:
        number = request.match_info["id"]
        file = self.world.files.get(int(number)) if number.isdigit() else None
        if file is None:
            return web.Response(status=404, text="This file is gone.")
        response = files.send(request, file)
        if file.content_type not in SHOWN:  # a page or a script that somebody posted must not run with our origin
            response.headers["Content-Disposition"] = "attachment"
            response.content_type = "application/octet-stream"
        return response

    async def example(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"]
        return web.FileResponse(EXAMPLES / name) if name in examples() else web.Response(status=404)

    async def live(self, request: web.Request) -> web.StreamResponse:
        """Server-sent events: first everything, then each change that the viewer may see."""
        viewer = self.world.users.get(int(request.query.get("user") or 0)) or self.somebody()
        stream = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
        await stream.prepare(request)
        waiting: asyncio.Queue[Json] = asyncio.Queue()

        def listen(change: Change) -> None:
            if (event := self.event(change, viewer)) is not None:
                waiting.put_nowait(event)

        self.readers.add(waiting)
        self.world.listeners.append(listen)
        try:
            online = self.standin.gateway.online
            first = view.everything(self.world, viewer, online=online, trouble=self.trouble)
            waiting.put_nowait(first | {"examples": examples()})
            while (event := await next_event(waiting))["kind"] != "end":
                await stream.write(f"data: {json.dumps(event)}\n\n".encode())
        except ConnectionError:
            pass  # the page was closed
        finally:
            self.readers.discard(waiting)
            self.world.listeners.remove(listen)
        return stream

    def somebody(self) -> User:
        return next(user for user in self.world.users.values() if not user.bot)

    def event(self, change: Change, viewer: User) -> Json | None:
        said, asked = change.message, change.interaction
        if said:
            if not view.seen(said, viewer) or not self.world.can_see(viewer, said.channel):
                return None
            return {"kind": change.kind, "message": view.message(self.world, said)}
        if asked:
            if asked.user is not viewer or asked.kind == AUTOCOMPLETE:
                return None
            return {"kind": "interaction", "interaction": view.interaction(asked)}
        if change.kind == "commands":
            return {"kind": "commands", "commands": view.commands(self.world, viewer)}
        return {"kind": "presence", "online": self.standin.gateway.online, "trouble": self.trouble}

    async def do(self, request: web.Request) -> web.Response:
        """One act of a person: a form with `json` and files; 422 with a sentence for what Discord would not send."""
        try:
            form, uploads = await read_form(request)
            result = await ACTIONS[request.match_info["action"]](self, form, uploads)
        except Rejected as error:
            return web.json_response({"error": str(error)}, status=422)
        except (KeyError, ValueError, TypeError) as error:
            return web.json_response({"error": f"The page sent something odd: {error!r}"}, status=400)
        return web.json_response(result or {})

    def who(self, form: Json) -> User:
        return self.world.users[int(form["user"])]

    def message(self, form: Json) -> Message:
        message = self.world.message(int(form["message"]))
        if message is None:
            raise Rejected("This message is gone.")
        return message

    async def say(self, form: Json, uploads: dict[str, list[Upload]]) -> None:
        channel = self.world.channels[int(form["place"])]
        people.say(self.world, self.who(form), channel, form["text"], uploads.get("files", []))

    async def say_aloud(self, form: Json, uploads: dict[str, list[Upload]]) -> None:
        channel, (sound,) = self.world.channels[int(form["place"])], uploads["files"]
        seconds, waveform = float(form["seconds"]), str(form["waveform"])
        people.say_aloud(self.world, self.who(form), channel, sound, seconds, waveform)

    async def use(self, form: Json, uploads: dict[str, list[Upload]]) -> Json:
        channel = self.world.channels[int(form["place"])]
        given = {**form["options"], **{name: some[0] for name, some in uploads.items()}}
        return started(people.use(self.world, self.who(form), channel, form["command"], given))

    async def use_on_message(self, form: Json, uploads: dict[str, list[Upload]]) -> Json:
        return started(people.use_on_message(self.world, self.who(form), form["command"], self.message(form)))

    async def press(self, form: Json, uploads: dict[str, list[Upload]]) -> Json:
        chosen = form.get("values", [])
        return started(people.press(self.world, self.who(form), self.message(form), form["custom_id"], chosen))

    async def submit(self, form: Json, uploads: dict[str, list[Upload]]) -> Json:
        opener = next((i for i in self.world.interactions.values() if str(i.id) == form["interaction"]), None)
        if opener is None:
            raise Rejected("This form is too old.")
        return started(people.submit(self.world, self.who(form), opener, {**form["fields"], **uploads}))

    async def complete(self, form: Json, uploads: dict[str, list[Upload]]) -> Json:
        channel = self.world.channels[int(form["place"])]
        options = form["options"]
        asked = people.complete(self.world, self.who(form), channel, form["command"], options, form["focused"])
        for _ in range(300):
            if asked.choices is not None or asked.failed:
                break
            await asyncio.sleep(0.01)
        return {"choices": asked.choices or []}

    async def dismiss(self, form: Json, uploads: dict[str, list[Upload]]) -> None:
        people.dismiss(self.world, self.who(form), self.message(form))

    async def speak(self, form: Json, uploads: dict[str, list[Upload]]) -> None:
        self.who(form).locale = form["locale"]


Action = Callable[[Page, Json, dict[str, list[Upload]]], Awaitable[Json | None]]
ACTIONS: dict[str, Action] = {
    "say": Page.say,
    "say-aloud": Page.say_aloud,
    "use": Page.use,
    "use-on-message": Page.use_on_message,
    "press": Page.press,
    "submit": Page.submit,
    "complete": Page.complete,
    "dismiss": Page.dismiss,
    "speak": Page.speak,
}


async def next_event(waiting: asyncio.Queue[Json]) -> Json:
    """The next event, or one that says nothing after 20 s, so that a closed page is noticed."""
    try:
        return await asyncio.wait_for(waiting.get(), 20.0)
    except TimeoutError:
        return {"kind": "still here"}


def started(asked: Interaction) -> Json:
    return {"interaction": str(asked.id)}


def examples() -> list[str]:
    """Tunes to play on from: the files without an MP3 beside them, since those with one are results."""
    if not EXAMPLES.is_dir():
        return []
    found = (path for path in EXAMPLES.glob("*") if path.suffix in TUNES)
    return sorted(path.name for path in found if not path.with_suffix(".mp3").exists())


async def read_form(request: web.Request) -> tuple[Any, dict[str, list[Upload]]]:
    if request.content_type != "multipart/form-data":
        raise ValueError(request.content_type)
    form: Any = {}
    uploads: dict[str, list[Upload]] = {}
    async for part in await request.multipart():
        assert isinstance(part, BodyPartReader)
        data = bytes(await part.read())
        if part.filename is None:
            form = json.loads(data)
        else:
            uploads.setdefault(part.name or "", []).append(Upload(part.filename, data))
    return form, uploads


@web.middleware
async def local_only(request: web.Request, handler: Callable[..., Awaitable[web.StreamResponse]]) -> web.StreamResponse:
    """Refuse requests from other sites in the same browser: only our own host and our own origin may act here."""
    host = request.host.rpartition(":")[0] or request.host
    origin = request.headers.get("Origin")
    if host not in LOCAL or (origin and origin != f"http://{request.host}"):
        return web.Response(status=403, text="This preview is only for the machine that it runs on.")
    response = await handler(request)
    if not response.prepared:
        response.headers["Content-Security-Policy"] = POLICY
        response.headers["Cache-Control"] = "no-cache"
    return response
