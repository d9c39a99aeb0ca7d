"""The API's paths for messages that the bot posts in a channel by itself."""

from typing import Any

from bot.preview import messages, payloads_messages, rules
from bot.preview.call import Call
from bot.preview.messages import ApiError, refuse
from bot.preview.world import ATTACH_FILES, COMPONENTS_V2, MANAGE_MESSAGES, SEND_MESSAGES, Json, Message


async def post(call: Call) -> Json:
    channel, body = call.channel(), call.body or {}
    call.need(channel, SEND_MESSAGES)
    if call.uploads:
        call.need(channel, ATTACH_FILES)
    refuse(rules.flag_problems(body.get("flags") or 0, COMPONENTS_V2 | 1 << 2 | 1 << 12))
    message = messages.new(call.world, call.world.bot, channel)
    if nonce := body.get("nonce"):
        for earlier in channel.messages.values():
            if body.get("enforce_nonce") and earlier.nonce == nonce and earlier.author is call.world.bot:
                return payloads_messages.message(call.world, earlier)
        message.nonce = nonce
    if reference := body.get("message_reference"):
        message.reference = channel.messages.get(int(reference["message_id"]))
        if message.reference is None and reference.get("fail_if_not_exists", True):
            raise ApiError(400, 50035, "Invalid Form Body: message_reference is an unknown message")
    messages.write(call.world, message, body, call.uploads, limit=call.world.attachment_size_limit)
    call.world.add(message)
    return payloads_messages.message(call.world, message)


async def fetch(call: Call) -> Json:
    return payloads_messages.message(call.world, call.message())


async def history(call: Call) -> list[Json]:
    seen = [message for message in call.channel().messages.values() if message.only_for is None]
    after, before = int(call.query.get("after", 0)), int(call.query.get("before", 1 << 63))
    newest = [message for message in reversed(seen) if after < message.id < before]
    return [payloads_messages.message(call.world, message) for message in newest[: int(call.query.get("limit", 50))]]


def own(call: Call) -> Message:
    message = call.message()
    if message.author is not call.world.bot:
        raise ApiError(403, 50005, "Cannot edit a message authored by another user")
    return message


async def edit(call: Call) -> Json:
    message = own(call)
    if call.uploads:
        call.need(message.channel, ATTACH_FILES)
    limit = call.world.attachment_size_limit
    messages.edit(call.world, message, call.body or {}, call.uploads, limit=limit)
    return payloads_messages.message(call.world, message)


async def delete(call: Call) -> None:
    message = call.message()
    if message.author is not call.world.bot:
        call.need(message.channel, MANAGE_MESSAGES)
    call.world.delete(message)


async def typing(call: Call) -> None:
    call.need(call.channel(), SEND_MESSAGES)


ROUTES: dict[str, Any] = {
    "POST /channels/{channel}/messages": post,
    "GET /channels/{channel}/messages": history,
    "GET /channels/{channel}/messages/{message}": fetch,
    "PATCH /channels/{channel}/messages/{message}": edit,
    "DELETE /channels/{channel}/messages/{message}": delete,
    "POST /channels/{channel}/typing": typing,
}
