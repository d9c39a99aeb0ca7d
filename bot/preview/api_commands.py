"""The API's paths for application commands, global ones and those of a server."""

from typing import Any

from bot.preview import rules
from bot.preview.call import Call
from bot.preview.messages import ApiError, refuse
from bot.preview.world import Change, Json


def scope(call: Call) -> int | None:
    call.own_application()
    return call.guild().id if "guild" in call.path else None


def stored(call: Call, body: Json, old: Json | None) -> Json:
    """A command as Discord returns it: an id that stays, a new version, defaults, nothing null."""
    kept = {key: value for key, value in body.items() if value is not None}
    guild = scope(call)
    command: Json = {
        "description": "",
        "contexts": [0, 1, 2] if guild is None else [0],
        "integration_types": [0],
        "nsfw": False,
        **kept,
        "id": old["id"] if old else str(call.world.snowflake()),
        "application_id": str(call.world.bot.id),
        "version": str(call.world.snowflake()),
        "type": body.get("type") or 1,
        "dm_permission": 1 in (body.get("contexts") or [0, 1, 2]),
        "default_member_permissions": None,
    }
    if guild is not None:
        command["guild_id"] = str(guild)
        del command["dm_permission"]
    if body.get("default_member_permissions") is not None:
        command["default_member_permissions"] = str(body["default_member_permissions"])
    return command


def same(one: Json, other: Json) -> bool:
    return bool(one["name"] == other["name"] and one["type"] == (other.get("type") or 1))


def replace(call: Call, commands: list[Json]) -> None:
    call.world.commands[scope(call)] = commands
    call.world.tell(Change("commands"))


async def fetch(call: Call) -> list[Json]:
    commands = call.world.commands.get(scope(call), [])
    if call.flag("with_localizations"):
        return commands
    return [{k: v for k, v in command.items() if not k.endswith("_localizations")} for command in commands]


async def overwrite(call: Call) -> list[Json]:
    sent: list[Json] = call.body or []
    before = call.world.commands.get(scope(call), [])
    refuse(rules.command_problems(sent))
    replace(call, [stored(call, body, next((old for old in before if same(old, body)), None)) for body in sent])
    return call.world.commands[scope(call)]


async def create(call: Call) -> Json:
    before = call.world.commands.get(scope(call), [])
    old = next((command for command in before if same(command, call.body)), None)
    others = [command for command in before if command is not old]
    refuse(rules.command_problems([*others, call.body]))
    command = stored(call, call.body, old)
    replace(call, [*others, command])
    return command


def find(call: Call) -> Json:
    for command in call.world.commands.get(scope(call), []):
        if command["id"] == call.path["command"]:
            return command
    raise ApiError(404, 10063, "Unknown application command")


async def fetch_one(call: Call) -> Json:
    return find(call)


async def change(call: Call) -> Json:
    old = find(call)
    others = [command for command in call.world.commands[scope(call)] if command is not old]
    refuse(rules.command_problems([*others, {**old, **call.body}]))
    command = stored(call, {**old, **call.body}, old)
    replace(call, [*others, command])
    return command


async def remove(call: Call) -> None:
    old = find(call)
    replace(call, [command for command in call.world.commands[scope(call)] if command is not old])


ROUTES: dict[str, Any] = {
    f"{method} /applications/{{application}}{where}/commands{one}": handler
    for where in ("", "/guilds/{guild}")
    for method, one, handler in (
        ("GET", "", fetch),
        ("PUT", "", overwrite),
        ("POST", "", create),
        ("GET", "/{command}", fetch_one),
        ("PATCH", "/{command}", change),
        ("DELETE", "/{command}", remove),
    )
}
