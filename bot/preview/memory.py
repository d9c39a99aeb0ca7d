"""The preview's memory across restarts, like Discord's: the bot's commands, and recent messages with files."""

import json
import logging
from dataclasses import dataclass
from pathlib import Path

import msgspec

from bot.preview.world import COMMAND, EPHEMERAL, LOADING, Change, File, Interaction, Json, Message, World

log = logging.getLogger(__name__)

MOST_BYTES = 40 * 2**20  # of files, in all channels together; older ones are forgotten


@dataclass(frozen=True)
class _File:
    id: int
    name: str
    content_type: str
    data: bytes
    description: str | None


@dataclass(frozen=True)
class _Message:
    """A message, with ids in place of people, channels and the message that it answers."""

    id: int
    channel: int
    author: int
    created: float
    edited: float | None
    content: str
    files: tuple[_File, ...]
    embeds: list[Json]
    components: list[Json]
    flags: int
    answers: int | None
    asked_by: int | None
    asked: str
    kind: int


def remember_commands(world: World, path: Path) -> None:
    """Keep a bot's commands across restarts, as Discord does: a bot registers them only when they change."""
    if path.exists():
        world.commands = {int(place) if place else None: those for place, those in json.loads(path.read_text())}

    def keep(change: Change) -> None:
        if change.kind == "commands":
            path.write_text(json.dumps([[str(place or ""), those] for place, those in world.commands.items()]))

    world.listeners.append(keep)


def save_messages(world: World, path: Path) -> None:
    """Write the public messages. Ephemeral ones are lost, as they are when Discord's app is restarted."""
    every = [said for room in world.channels.values() for said in room.messages.values()]
    left = MOST_BYTES
    kept: list[_Message] = []
    for said in sorted(every, key=lambda said: said.id, reverse=True):
        left -= sum(len(file.data) for file in said.files)
        if left < 0:
            break
        if not said.flags & (EPHEMERAL | LOADING):
            kept.insert(0, _written(said))
    fresh = path.with_suffix(".new")
    try:
        fresh.write_bytes(msgspec.msgpack.encode(kept))
        fresh.replace(path)
    except OSError as error:
        log.warning("the messages are not kept: %s", error)


def load_messages(world: World, path: Path) -> None:
    """Restore the messages of the last run, if there are any that can be read."""
    try:
        kept = msgspec.msgpack.decode(path.read_bytes(), type=list[_Message]) if path.exists() else []
    except (OSError, msgspec.DecodeError) as error:
        log.warning("the messages of the last run cannot be read, so the channels are empty: %s", error)
        return
    for written in kept:
        if written.channel in world.channels and written.author in world.users:
            said = _read(world, written)
            said.channel.messages[said.id] = said


def _written(said: Message) -> _Message:
    asked = said.interaction
    return _Message(
        said.id,
        said.channel.id,
        said.author.id,
        said.created,
        said.edited,
        said.content,
        tuple(_File(file.id, file.name, file.content_type, file.data, file.description) for file in said.files),
        said.embeds,
        said.components,
        said.flags,
        said.reference.id if said.reference else None,
        asked.user.id if asked else None,
        asked.label if asked else "",
        asked.data.get("type", 0) if asked else 0,
    )


def _read(world: World, written: _Message) -> Message:
    channel = world.channels[written.channel]
    said = Message(written.id, channel, world.users[written.author], written.created, written.content)
    said.edited, said.flags = written.edited, written.flags
    said.embeds, said.components = written.embeds, written.components
    said.reference = channel.messages.get(written.answers or 0)
    said.files = [
        world.keep(File(file.id, file.name, file.content_type, file.data, channel, file.description))
        for file in written.files
    ]
    if asker := world.users.get(written.asked_by or 0):  # its token is dead, but it says who asked for what
        asked = Interaction(
            said.id - 1, "", COMMAND, asker, channel, {"type": written.kind}, said.created, written.asked
        )
        asked.response, said.interaction = said, asked
    return said
