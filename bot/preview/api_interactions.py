"""The API's paths by which the bot answers an interaction: the callback within 3 s, the webhook within 15 minutes."""

from typing import Any

from bot.preview import messages, payloads_messages, rules
from bot.preview.call import Call
from bot.preview.messages import ApiError, refuse
from bot.preview.world import AUTOCOMPLETE, EPHEMERAL, LOADING, MODAL, Change, Interaction, Json, Message

MESSAGE, DEFERRED, DEFERRED_UPDATE, UPDATE, CHOICES, FORM = 4, 5, 6, 7, 8, 9


async def callback(call: Call) -> Json | None:
    asked = call.world.interactions.get(call.path["token"])
    if asked is None or asked.failed or call.path["interaction"] != str(asked.id):
        raise ApiError(404, 10062, "Unknown interaction")
    if asked.answer is not None:
        raise ApiError(400, 40060, "Interaction has already been acknowledged.")
    kind, data = call.body["type"], call.body.get("data") or {}
    refuse(misplaced(asked, kind))
    refuse(rules.flag_problems(data.get("flags") or 0, rules.CALLBACK_FLAGS))
    world, limit = call.world, call.world.attachment_size_limit
    hidden = bool((data.get("flags") or 0) & EPHEMERAL)
    if kind == MESSAGE:
        said = messages.new(world, world.bot, asked.channel, only_for=asked.user if hidden else None)
        said.interaction = asked
        messages.write(world, said, data, call.uploads, limit=limit)
        asked.response = world.add(said)
    elif kind == DEFERRED:
        asked.response = world.add(messages.thinking(world, asked, ephemeral=hidden))
    elif kind in (DEFERRED_UPDATE, UPDATE):
        asked.response = asked.source
        if kind == UPDATE and asked.source:
            messages.edit(world, asked.source, data, call.uploads, limit=limit)
    elif kind == CHOICES:
        asked.choices = data["choices"]
    else:
        asked.modal = data
    asked.answer = kind
    world.tell(Change("answered", interaction=asked))
    return payloads_messages.callback(asked, world) if call.flag("with_response") else None


def misplaced(asked: Interaction, kind: int) -> list[str]:
    if (kind == CHOICES) != (asked.kind == AUTOCOMPLETE):
        return [f"callback type {kind} does not answer an interaction of type {asked.kind}"]
    if kind in (DEFERRED_UPDATE, UPDATE) and asked.source is None:
        return [f"callback type {kind} needs a component's message"]
    if kind == FORM and asked.kind == MODAL:
        return ["a modal cannot answer a modal"]
    return []


def owner_of(call: Call) -> Interaction:
    """The interaction whose token the webhook carries, if it is alive and acknowledged."""
    asked = call.world.interactions.get(call.path["token"])
    if asked is None or call.path["application"] != str(call.world.bot.id):
        raise ApiError(404, 10015, "Unknown Webhook")
    if asked.created + call.world.token_lives < call.world.now():
        raise ApiError(401, 50027, "Invalid Webhook Token")
    if asked.answer is None or asked.answer in (CHOICES, FORM):
        raise ApiError(404, 10015, "Unknown Webhook")
    return asked


def addressed(call: Call) -> tuple[Interaction, Message]:
    asked = owner_of(call)
    wanted = call.path["message"]
    mine = [asked.response, *asked.followups]
    said = mine[0] if wanted == "@original" else next((m for m in mine if m and str(m.id) == wanted), None)
    if said is None or said.id not in said.channel.messages:
        raise ApiError(404, 10008, "Unknown Message")
    return asked, said


async def follow_up(call: Call) -> Json | None:
    asked, body = owner_of(call), call.body or {}
    refuse(rules.flag_problems(body.get("flags") or 0, rules.CALLBACK_FLAGS))
    limit = call.world.attachment_size_limit
    waiting = asked.response if asked.response and asked.response.id in asked.channel.messages else None
    if waiting and waiting.flags & LOADING:  # the first follow-up of a deferral takes its place
        messages.edit(call.world, waiting, body, call.uploads, limit=limit)
        return payloads_messages.message(call.world, waiting)
    hidden = bool((body.get("flags") or 0) & EPHEMERAL)
    said = messages.new(call.world, call.world.bot, asked.channel, only_for=asked.user if hidden else None)
    said.interaction, said.reference = asked, waiting
    messages.write(call.world, said, {"allowed_mentions": {"parse": []}, **body}, call.uploads, limit=limit)
    asked.followups.append(said)
    call.world.add(said)
    return payloads_messages.message(call.world, said)


async def fetch(call: Call) -> Json:
    return payloads_messages.message(call.world, addressed(call)[1])


async def edit(call: Call) -> Json:
    _, said = addressed(call)
    messages.edit(call.world, said, call.body or {}, call.uploads, limit=call.world.attachment_size_limit)
    return payloads_messages.message(call.world, said)


async def delete(call: Call) -> None:
    call.world.delete(addressed(call)[1])


ROUTES: dict[str, Any] = {
    "POST /interactions/{interaction}/{token}/callback": callback,
    "POST /webhooks/{application}/{token}": follow_up,
    "GET /webhooks/{application}/{token}/messages/{message}": fetch,
    "PATCH /webhooks/{application}/{token}/messages/{message}": edit,
    "DELETE /webhooks/{application}/{token}/messages/{message}": delete,
}
