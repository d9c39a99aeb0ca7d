"""One request to the API, as its handler sees it, and the look-ups that handlers share."""

from dataclasses import dataclass
from typing import Any

from bot.preview.gateway import Gateway
from bot.preview.messages import ApiError, Upload
from bot.preview.world import VIEW_CHANNEL, Channel, Guild, Message, World


@dataclass(frozen=True)
class Call:
    world: World
    gateway: Gateway
    path: dict[str, str]
    query: dict[str, str]
    body: Any
    uploads: dict[int, Upload]

    def number(self, name: str) -> int:
        if not self.path[name].isdigit():
            raise ApiError(400, 50035, f"Invalid Form Body: {self.path[name]!r} is not a snowflake")
        return int(self.path[name])

    def guild(self) -> Guild:
        guild = self.world.guilds.get(self.number("guild"))
        if guild is None:
            raise ApiError(404, 10004, "Unknown Guild")
        return guild

    def channel(self) -> Channel:
        channel = self.world.channels.get(self.number("channel"))
        if channel is None:
            raise ApiError(404, 10003, "Unknown Channel")
        self.need(channel, VIEW_CHANNEL)
        return channel

    def message(self) -> Message:
        """A message of the channel; ephemeral ones cannot be had this way."""
        message = self.channel().messages.get(self.number("message"))
        if message is None or message.only_for:
            raise ApiError(404, 10008, "Unknown Message")
        return message

    def need(self, channel: Channel, permission: int) -> None:
        if not channel.bot_permissions & permission:
            if permission == VIEW_CHANNEL:
                raise ApiError(403, 50001, "Missing Access")
            raise ApiError(403, 50013, "Missing Permissions")

    def own_application(self) -> None:
        if self.path["application"] != str(self.world.bot.id):
            raise ApiError(403, 20012, "You are not authorized to perform this action on this application")

    def flag(self, name: str) -> bool:
        return self.query.get(name, "").lower() in ("1", "true")
