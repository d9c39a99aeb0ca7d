"""What a person does in Discord: write, use a command, press a button, fill in a form; with the checks of its app."""

import base64
from collections.abc import Sequence
from typing import Any

from bot.preview import payloads_messages
from bot.preview.messages import Upload, new, ping, store
from bot.preview.options import Rejected, values
from bot.preview.rules import walk
from bot.preview.world import (
    ADMINISTRATOR,
    AUTOCOMPLETE,
    COMMAND,
    COMPONENT,
    EPHEMERAL,
    MIB,
    MODAL,
    Channel,
    Interaction,
    Json,
    Message,
    User,
    World,
)

VOICE = 1 << 13  # the flag of a voice message
WAVEFORM = base64.b64encode(bytes(range(0, 256, 4))).decode()  # of a voice message: how loud it is, in 64 bytes
SLASH, ON_MESSAGE = 1, 3
BUTTON, TEXT_INPUT, LABEL, FILE_UPLOAD = 2, 4, 18, 19


def say(world: World, user: User, channel: Channel, text: str = "", files: Sequence[Upload] = ()) -> Message:
    """Post a message of a person."""
    if not text and not files:
        raise Rejected("Write something or attach a file.")
    message = new(world, user, channel)
    message.content = text
    message.files = [attach(world, channel, file) for file in files]
    ping(world, message, None)
    return world.add(message)


def say_aloud(
    world: World, user: User, channel: Channel, sound: Upload, seconds: float, waveform: str = WAVEFORM
) -> Message:
    """Post a voice message: an Ogg Opus file and nothing else."""
    message = say(world, user, channel, files=[sound])
    message.flags |= VOICE
    file = message.files[0]
    file.content_type, file.lasts, file.waveform = "audio/ogg", seconds, waveform
    return message


def forward(world: World, user: User, channel: Channel, original: Message) -> Message:
    """Pass a message on."""
    message = new(world, user, channel)
    message.forwards = original
    return world.add(message)


def attach(world: World, channel: Channel, file: Upload, *, ephemeral: bool = False) -> Any:
    if len(file.data) > world.person_upload_limit:
        size, limit = len(file.data) / MIB, world.person_upload_limit / MIB
        raise Rejected(f"{file.name} is {size:.1f} MiB; Discord takes files up to {limit:.0f} MiB.")
    return store(world, file, channel, ephemeral=ephemeral)


def commands(world: World, user: User, channel: Channel) -> list[Json]:
    """The commands that Discord shows this person here, those of the server before the global ones."""
    guild = channel.guild
    mine = world.permissions(user, channel)
    shown = []
    for command in [*(world.commands.get(guild.id, []) if guild else []), *world.commands.get(None, [])]:
        if (0 if guild else 1) not in command["contexts"]:
            continue
        needed = command["default_member_permissions"]
        opened = guild is None or command["name"] in guild.open_to_all or mine & ADMINISTRATOR
        if needed is None or opened or mine & int(needed) == int(needed) != 0:
            shown.append(command)
    return shown


def find(
    world: World, user: User, channel: Channel, path: str, kind: int = SLASH
) -> tuple[Json, list[Json], list[str]]:
    """A command by its words ("settings temperature"): it, the options of its last word, the words after the first."""
    words = path.split() if kind == SLASH else [path]
    for command in commands(world, user, channel):
        if command["name"] == words[0] and command["type"] == kind:
            break
    else:
        raise Rejected(f"{user.display} sees no command “{path}” here.")
    options: list[Json] = command.get("options") or []
    for word in words[1:]:
        deeper = next((option for option in options if option["name"] == word and option["type"] in (1, 2)), None)
        if deeper is None:
            raise Rejected(f"/{words[0]} has no subcommand “{word}”.")
        options = deeper.get("options") or []
    if any(option["type"] in (1, 2) for option in options):
        raise Rejected(f"/{path} needs a subcommand: {', '.join(option['name'] for option in options)}.")
    return command, options, words[1:]


def use(world: World, user: User, channel: Channel, path: str, given: dict[str, Any]) -> Interaction:
    """Send a slash command. An attachment is given as an `Upload`, a user or channel as itself or its id."""
    command, options, words = find(world, user, channel, path)
    data: Json = {"id": command["id"], "name": command["name"], "type": SLASH, "resolved": {}}
    filled = values(world, channel, options, given, data["resolved"], attach)
    nest(data, words, options_of=command, filled=filled)
    if "guild_id" in command:
        data["guild_id"] = command["guild_id"]
    return send(world, COMMAND, user, channel, data, label=path)


def nest(data: Json, words: list[str], *, options_of: Json, filled: list[Json]) -> None:
    level, description = data, options_of
    for word in words:
        description = next(option for option in description["options"] if option["name"] == word)
        inner: Json = {"name": word, "type": description["type"]}
        level["options"] = [inner]
        level = inner
    level["options"] = filled


def use_on_message(world: World, user: User, name: str, target: Message) -> Interaction:
    """Send a message's context menu command, like "Extend this melody"."""
    command, _, _ = find(world, user, target.channel, name, ON_MESSAGE)
    resolved = {"messages": {str(target.id): payloads_messages.message(world, target)}}
    data = {"id": command["id"], "name": name, "type": ON_MESSAGE, "target_id": str(target.id), "resolved": resolved}
    return send(world, COMMAND, user, target.channel, data, label=name)


def complete(world: World, user: User, channel: Channel, path: str, given: dict[str, Any], focused: str) -> Interaction:
    """Ask the bot for suggestions for the option `focused`; `given` contains the text typed so far."""
    command, options, words = find(world, user, channel, path)
    asked = next((option for option in options if option["name"] == focused and option.get("autocomplete")), None)
    if asked is None:
        raise Rejected(f"The option {focused} has no suggestions.")
    data: Json = {"id": command["id"], "name": command["name"], "type": SLASH, "resolved": {}}
    typed = {"value": str(given.get(focused, "")), "focused": True, "name": focused, "type": asked["type"]}
    known = {name: value for name, value in given.items() if name != focused and not isinstance(value, Upload)}
    others = values(world, channel, options, known, data["resolved"], attach, complete=False)
    nest(data, words, options_of=command, filled=[*others, typed])
    return send(world, AUTOCOMPLETE, user, channel, data)


def press(world: World, user: User, message: Message, custom_id: str, chosen: Sequence[str] = ()) -> Interaction:
    """Press a button, or choose from a select."""
    if message.only_for not in (None, user) or message.id not in message.channel.messages:
        raise Rejected("This message is gone.")
    part = next((part for part in walk(message.components) if part.get("custom_id") == custom_id), None)
    if part is None or part.get("disabled"):
        raise Rejected("This cannot be pressed." if part else f"The message has no component {custom_id}.")
    data: Json = {"custom_id": custom_id, "component_type": part["type"], "id": part["id"]}
    if part["type"] != BUTTON:
        if not part["min_values"] <= len(chosen) <= part["max_values"]:
            raise Rejected(f"Choose {part['min_values']} to {part['max_values']}.")
        data["values"] = list(chosen)
    return send(world, COMPONENT, user, message.channel, data, source=message)


def submit(world: World, user: User, opener: Interaction, given: dict[str, Any]) -> Interaction:
    """Send the modal that `opener` was answered with. `given`: by custom_id a text, values or `Upload`s."""
    if opener.modal is None:
        raise Rejected("There is no form to send.")
    resolved: Json = {}
    parts = [filled_part(world, opener, part, given, resolved) for part in numbered_parts(opener.modal["components"])]
    data: Json = {"custom_id": opener.modal["custom_id"], "components": parts, "resolved": resolved}
    return send(world, MODAL, user, opener.channel, data, source=opener.source, opener=opener)


def numbered_parts(parts: list[Json]) -> list[Json]:
    for number, part in enumerate(walk(parts), start=1):
        part["id"] = part.get("id") or number
    return parts


def filled_part(world: World, opener: Interaction, part: Json, given: dict[str, Any], resolved: Json) -> Json:
    """A component of a modal as it is sent back: its type and id, and what the person entered."""
    sent: Json = {"type": part["type"], "id": part["id"]}
    if "components" in part:
        return sent | {"components": [filled_part(world, opener, p, given, resolved) for p in part["components"]]}
    if part["type"] == LABEL:
        return sent | {"component": filled_part(world, opener, part["component"], given, resolved)}
    if "custom_id" not in part:
        return sent
    sent["custom_id"] = part["custom_id"]
    value = given.get(part["custom_id"])
    required = part.get("required", True) is not False
    if part["type"] == TEXT_INPUT:
        text = part.get("value") or "" if value is None else str(value)
        low, high = part.get("min_length") or int(required), part.get("max_length") or 4000
        if (text or required) and not low <= len(text) <= high:
            raise Rejected(f"Write {low} to {high} characters; there are {len(text)}.")
        return sent | {"value": text}
    chosen = value if isinstance(value, list) else [] if value is None else [value]
    if required and not chosen and part["type"] != 23:
        raise Rejected("Fill in every required field.")
    if part["type"] == FILE_UPLOAD:
        files = [attach(world, opener.channel, file, ephemeral=True) for file in chosen]
        resolved["attachments"] = {str(file.id): payloads_messages.attachment(world, file) for file in files}
        return sent | {"values": [str(file.id) for file in files]}
    if part["type"] == 21:
        return sent | {"value": chosen[0] if chosen else None}
    if part["type"] == 23:
        return sent | {"value": bool(value)}
    return sent | {"values": [str(one) for one in chosen]}


def send(
    world: World,
    kind: int,
    user: User,
    channel: Channel,
    data: Json,
    *,
    label: str = "",
    source: Message | None = None,
    opener: Interaction | None = None,
) -> Interaction:
    number = world.snowflake()
    asked = Interaction(number, world.new_token(number), kind, user, channel, data, world.now(), label)
    asked.source, asked.opener = source, opener
    return world.ask(asked)


def dismiss(world: World, user: User, message: Message) -> None:
    """Remove an ephemeral message, as only the one who sees it can; the bot does not learn of it."""
    if message.flags & EPHEMERAL and message.only_for is user:
        world.delete(message)
