"""The API's read-only paths: the bot itself, its gateway, servers, channels, people."""

from typing import Any

from bot.preview import payloads
from bot.preview.call import Call
from bot.preview.messages import ApiError
from bot.preview.world import Json


async def me(call: Call) -> Json:
    return payloads.own_user(call.world.bot)


async def application(call: Call) -> Json:
    return payloads.application(call.world)


async def gateway_bot(call: Call) -> Json:
    start = {"total": 1000, "remaining": 1000 - call.gateway.identified, "reset_after": 0, "max_concurrency": 1}
    return {"url": "wss://gateway.discord.gg", "shards": call.gateway.shards, "session_start_limit": start}


async def gateway(call: Call) -> Json:
    return {"url": "wss://gateway.discord.gg"}


async def guild(call: Call) -> Json:
    return payloads.guild(call.guild())


async def guild_channels(call: Call) -> list[Json]:
    return [payloads.channel(call.world, channel) for channel in call.guild().channels]


async def guild_roles(call: Call) -> list[Json]:
    return payloads.roles(call.guild())


async def guild_member(call: Call) -> Json:
    server, person = call.guild(), call.world.users.get(call.number("user"))
    if person is None or person.id not in server.members:
        raise ApiError(404, 10007, "Unknown Member")
    return payloads.member(server, person)


async def channel(call: Call) -> Json:
    return payloads.channel(call.world, call.channel())


async def user(call: Call) -> Json:
    person = call.world.users.get(call.number("user"))
    if person is None:
        raise ApiError(404, 10013, "Unknown User")
    return payloads.user(person)


async def open_dm(call: Call) -> Json:
    wanted = str((call.body or {}).get("recipient_id"))
    for room in call.world.channels.values():
        if room.recipient and str(room.recipient.id) == wanted:
            return payloads.channel(call.world, room)
    raise ApiError(400, 50033, "Invalid Recipient(s)")


ROUTES: dict[str, Any] = {
    "GET /users/@me": me,
    "GET /oauth2/applications/@me": application,
    "GET /applications/@me": application,
    "GET /gateway": gateway,
    "GET /gateway/bot": gateway_bot,
    "GET /guilds/{guild}": guild,
    "GET /guilds/{guild}/channels": guild_channels,
    "GET /guilds/{guild}/roles": guild_roles,
    "GET /guilds/{guild}/members/{user}": guild_member,
    "GET /channels/{channel}": channel,
    "POST /users/@me/channels": open_dm,
    "GET /users/{user}": user,
}
