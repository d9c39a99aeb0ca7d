"""Reading a request's body: JSON, or a form with payload_json and files[n], and no more bytes than Discord takes."""

import json
import re
from typing import Any

from aiohttp import BodyPartReader, web

from bot.preview.messages import ApiError, Upload
from bot.preview.rules import REQUEST_BYTES


def too_large() -> ApiError:
    return ApiError(413, 40005, "Request entity too large")


async def read_body(request: web.Request) -> tuple[Any, dict[int, Upload]]:
    """The JSON (None without a body) and the files by their number."""
    if not request.body_exists:
        return None, {}
    if request.content_type == "application/json":
        text = await request.text()
        return parsed(text), {}
    if request.content_type == "multipart/form-data":
        return await read_form(request)
    raise ApiError(400, 50035, f"Content-Type {request.content_type!r} is neither JSON nor a form")


def parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        raise ApiError(400, 50109, "The request body contains invalid JSON.") from None


async def read_form(request: web.Request) -> tuple[Any, dict[int, Upload]]:
    body: Any = {}
    uploads: dict[int, Upload] = {}
    size = 0
    async for part in await request.multipart():
        assert isinstance(part, BodyPartReader)
        data = bytearray()
        while chunk := await part.read_chunk(65536):
            data += chunk
            size += len(chunk)
            if size > REQUEST_BYTES:
                raise too_large()
        number = re.fullmatch(r"files\[(\d+)\]", part.name or "")
        if part.name == "payload_json":
            body = parsed(data.decode())
        elif number:
            uploads[int(number.group(1))] = Upload(part.filename or "unknown", bytes(data))
        else:
            raise ApiError(400, 50035, f"The form has an unknown part {part.name!r}")
    return body, uploads
