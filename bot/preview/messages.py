"""Writing and editing the bot's messages from request bodies and files."""

import mimetypes
import re
from dataclasses import dataclass, field

from bot.preview import components, rules
from bot.preview.world import (
    COMPONENTS_V2,
    EPHEMERAL,
    LOADING,
    Change,
    Channel,
    File,
    Interaction,
    Json,
    Message,
    User,
    World,
)

KINDS = {".mid": "audio/midi", ".midi": "audio/midi", ".abc": "text/vnd.abc", ".mp3": "audio/mpeg"}
KINDS |= {".musicxml": "application/vnd.recordare.musicxml+xml", ".krn": "text/plain"}


class ApiError(Exception):
    """An answer other than 2xx: HTTP status, Discord's code, its words."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


def refuse(problems: list[str]) -> None:
    """Answer as Discord does when a form is wrong."""
    if problems:
        raise ApiError(400, 50035, "Invalid Form Body: " + "; ".join(problems))


@dataclass(frozen=True)
class Upload:
    name: str
    data: bytes = field(repr=False)


def file_name(name: str) -> str:
    """Discord keeps letters, digits, dots, dashes and underscores."""
    return re.sub(r"[^\w.\-]+", "_", name.strip())[:260] or "unknown"


def kind_of(name: str) -> str:
    suffix = name[name.rfind(".") :].lower() if "." in name else ""
    return KINDS.get(suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"


def store(world: World, upload: Upload, channel: Channel, *, ephemeral: bool = False) -> File:
    name = file_name(upload.name)
    return world.keep(File(world.snowflake(), name, kind_of(name), upload.data, channel, ephemeral=ephemeral))


def new(world: World, author: User, channel: Channel, *, only_for: User | None = None) -> Message:
    message = Message(world.snowflake(), channel, author, created=world.now())
    if only_for:
        message.only_for, message.flags = only_for, EPHEMERAL
    return message


def write(world: World, message: Message, body: Json, uploads: dict[int, Upload], *, limit: int) -> None:
    """Apply a request body to a new or an old message, or refuse it whole. `limit` is in bytes a file.

    A field that is absent stays as it is; `attachments` on an edit lists what is kept and what is new.
    """
    content = body["content"] or "" if "content" in body else message.content
    embeds = [components.embed(e) for e in body["embeds"] or []] if "embeds" in body else message.embeds
    parts = components.numbered(body["components"] or []) if "components" in body else message.components
    flags = message.flags & (EPHEMERAL | COMPONENTS_V2) | (body.get("flags") or 0) & (COMPONENTS_V2 | 1 << 2 | 1 << 12)
    listed: list[Json] | None = body.get("attachments")
    refuse(rules.file_problems({upload.name: len(upload.data) for upload in uploads.values()}, limit))
    kept, described = message.files, {}
    if listed is not None:
        ids = {str(entry["id"]) for entry in listed}
        kept = [file for file in message.files if str(file.id) in ids]
        unknown = ids - {str(file.id) for file in message.files} - {str(number) for number in uploads}
        refuse([f"attachments name the unknown id {number}" for number in sorted(unknown)])
        described = {str(entry["id"]): entry for entry in listed}
        refuse([f"files[{n}] is not among the attachments" for n in uploads if str(n) not in described])
    names = [file.name for file in kept] + [file_name(upload.name) for upload in uploads.values()]
    refuse([f"{len(names)} attachments; at most {rules.FILES}"] if len(names) > rules.FILES else [])
    refuse(rules.message_problems(content, embeds, parts, flags, names))
    if not (content or embeds or names or parts or body.get("poll") or body.get("sticker_ids")):
        raise ApiError(400, 50006, "Cannot send an empty message")
    fresh = []
    for number, upload in uploads.items():
        entry = described.get(str(number), {})
        renamed = Upload(entry.get("filename") or upload.name, upload.data)
        file = store(world, renamed, message.channel, ephemeral=message.only_for is not None)
        file.description = entry.get("description")
        fresh.append(file)
    for file in message.files:
        if file not in kept:
            world.files.pop(file.id, None)
    message.content, message.embeds, message.components, message.flags = content, embeds, parts, flags
    message.files = kept + fresh
    ping(world, message, body.get("allowed_mentions"))


def ping(world: World, message: Message, allowed: Json | None) -> None:
    """Work out whom a message pings, from its text and from the mentions that the bot allows."""
    parse = allowed.get("parse") or [] if allowed is not None else ["users", "roles", "everyone"]
    named = [] if allowed is None else [int(number) for number in allowed.get("users") or []]
    mentioned = [int(number) for number in re.findall(r"<@!?(\d+)>", message.content)]
    message.pinged = [
        world.users[number]
        for number in dict.fromkeys(mentioned)
        if number in world.users and ("users" in parse or number in named)
    ]
    if message.reference and (allowed is None or allowed.get("replied_user")):
        message.pinged.append(message.reference.author)
    message.pings_everyone = "everyone" in parse and bool(re.search("@everyone|@here", message.content))


def edit(world: World, message: Message, body: Json, uploads: dict[int, Upload], *, limit: int) -> None:
    write(world, message, body, uploads, limit=limit)
    message.edited = world.now()
    world.tell(Change("edited", message=message))


def thinking(world: World, asked: Interaction, *, ephemeral: bool) -> Message:
    """The "Encore is thinking…" that stands in for a deferred answer."""
    message = new(world, world.bot, asked.channel, only_for=asked.user if ephemeral else None)
    message.flags |= LOADING
    message.interaction = asked
    return message
