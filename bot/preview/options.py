"""The options of a slash command: from what a person typed to what Discord sends, with the checks of its app."""

from collections.abc import Callable
from typing import Any

from bot.preview import payloads, payloads_messages
from bot.preview.messages import Upload
from bot.preview.world import Channel, File, Json, User, World

STRING, INTEGER, BOOLEAN, USER, CHANNEL, ROLE, MENTIONABLE, NUMBER, ATTACHMENT = 3, 4, 5, 6, 7, 8, 9, 10, 11


class Rejected(Exception):  # noqa: N818 — a person's mistake, not ours
    """Discord's own app would not send this; the bot never hears of it."""


Attach = Callable[..., File]


def values(
    world: World,
    channel: Channel,
    options: list[Json],
    given: dict[str, Any],
    resolved: Json,
    attach: Attach,
    *,
    complete: bool = True,
) -> list[Json]:
    """The entries of `data.options`, and in `resolved` what they refer to. `complete`: required ones must be there."""
    known = {option["name"] for option in options}
    if unknown := sorted(set(given) - known):
        raise Rejected(f"There is no option {', '.join(unknown)}; there are {', '.join(sorted(known)) or 'none'}.")
    entries = []
    for option in options:
        value = given.get(option["name"])
        if value is None or value == "":
            if option.get("required") and complete:
                raise Rejected(f"The option {option['name']} is required.")
            continue
        sent = refer(world, channel, option, value, resolved, attach) or plain(option, value, lenient=not complete)
        entries.append({"name": option["name"], "type": option["type"], "value": sent})
    return entries


def refer(world: World, channel: Channel, option: Json, value: Any, resolved: Json, attach: Attach) -> str | None:
    """The id of a file, person or channel; None for options that are plain values."""
    kind = option["type"]
    if kind == ATTACHMENT:
        if not isinstance(value, Upload):
            raise Rejected(f"The option {option['name']} is a file.")
        file = attach(world, channel, value, ephemeral=True)
        resolved.setdefault("attachments", {})[str(file.id)] = payloads_messages.attachment(world, file)
        return str(file.id)
    if kind in (USER, MENTIONABLE):
        user = value if isinstance(value, User) else world.users.get(int(value))
        if user is None:
            raise Rejected(f"The option {option['name']} is a person.")
        resolved.setdefault("users", {})[str(user.id)] = payloads.user(user)
        if channel.guild and user.id in channel.guild.members:
            member = payloads.member(channel.guild, user) | {"permissions": str(world.permissions(user, channel))}
            del member["user"]
            resolved.setdefault("members", {})[str(user.id)] = member
        return str(user.id)
    if kind == CHANNEL:
        room = value if isinstance(value, Channel) else world.channels.get(int(value))
        if room is None:
            raise Rejected(f"The option {option['name']} is a channel.")
        resolved.setdefault("channels", {})[str(room.id)] = payloads.channel(world, room) | {"permissions": "0"}
        return str(room.id)
    return None


def plain(option: Json, value: Any, *, lenient: bool) -> Any:
    """Text, number or yes/no, within the option's limits; `lenient` while a person still types."""
    name = option["name"]
    try:
        if option["type"] == INTEGER:
            value = int(str(value))
        elif option["type"] == NUMBER:
            value = float(value)
        elif option["type"] == BOOLEAN:
            value = value if isinstance(value, bool) else {"true": True, "false": False}[str(value).lower()]
        else:
            value = str(value)
    except (ValueError, KeyError):
        kind = {INTEGER: "a whole number", NUMBER: "a number", BOOLEAN: "true or false"}[option["type"]]
        raise Rejected(f"The option {name} must be {kind}.") from None
    if lenient:
        return value
    choices = option.get("choices") or []
    if choices and value not in [choice["value"] for choice in choices]:
        raise Rejected(f"The option {name} must be one of: {', '.join(str(c['name']) for c in choices)}.")
    size, unit = (len(value), " characters") if isinstance(value, str) else (value, "")
    low = option.get("min_value", option.get("min_length"))
    high = option.get("max_value", option.get("max_length"))
    if low is not None and size < low:
        raise Rejected(f"The option {name} must be at least {low:g}{unit}.")
    if high is not None and size > high:
        raise Rejected(f"The option {name} must be at most {high:g}{unit}.")
    return value
