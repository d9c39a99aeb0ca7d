"""Discord's file host, with signed links that die after a day; and sending bytes so that a browser can seek in them."""

import re

from aiohttp import web

from bot.preview import payloads_messages
from bot.preview.world import File, World


class Cdn:
    def __init__(self, world: World) -> None:
        self.world = world

    async def endpoint(self, request: web.Request) -> web.Response:
        parts, query = request.path.split("/"), request.query
        file = self.world.files.get(int(parts[3])) if len(parts) == 5 and parts[3].isdigit() else None
        expires = query.get("ex", "0")
        if file is None or file.name != parts[4]:
            return web.Response(status=404, text="The specified object does not exist.")
        if (
            query.get("hm") != payloads_messages.signature(self.world, file.id, expires)
            or int(expires, 16) < self.world.now()
        ):
            return web.Response(status=404, text="This content is no longer available.")
        return send(request, file)


def send(request: web.Request, file: File) -> web.Response:
    """The whole file, or the one range that is asked for."""
    headers = {"Content-Type": file.content_type, "Accept-Ranges": "bytes", "X-Content-Type-Options": "nosniff"}
    size = len(file.data)
    wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", request.headers.get("Range", ""))
    if not wanted:
        return web.Response(body=file.data, headers=headers)
    start, end = int(wanted[1]), min(int(wanted[2] or size - 1), size - 1)
    if start > end:
        return web.Response(status=416, headers={"Content-Range": f"bytes */{size}"})
    headers["Content-Range"] = f"bytes {start}-{end}/{size}"
    return web.Response(status=206, body=file.data[start : end + 1], headers=headers)
