"""Messages, their files, interactions and the answers to callbacks, as Discord writes them: JSON."""

import hashlib
import hmac
from urllib.parse import quote

from bot.preview import components
from bot.preview.payloads import channel, member, moment, user
from bot.preview.world import COMPONENT, EPHEMERAL, LOADING, MODAL, File, Interaction, Json, Message, World

CDN_HOST = "cdn.discordapp.com"
LINK_LIVES = 24 * 3600  # seconds after which a link to a file is dead

# What a forwarded message tells of the original one.
SNAPSHOT = (
    *("type", "content", "mentions", "mention_roles", "attachments", "embeds", "components"),
    *("timestamp", "edited_timestamp", "flags"),
)


def link(world: World, file: File) -> str:
    """A signed link, dead after a day: a bot that stores it is found out by letting time pass."""
    expires = f"{int(world.now()) + LINK_LIVES:x}"
    room = file.channel.id if file.channel else 0
    folder = "ephemeral-attachments" if file.ephemeral else "attachments"
    path = f"/{folder}/{room}/{file.id}/{quote(file.name)}"
    return f"https://{CDN_HOST}{path}?ex={expires}&is={int(world.now()):x}&hm={signature(world, file.id, expires)}"


def signature(world: World, file_id: int, expires: str) -> str:
    return hmac.new(world.token.encode(), f"{file_id}:{expires}".encode(), hashlib.sha256).hexdigest()


def attachment(world: World, file: File) -> Json:
    url = link(world, file)
    data: Json = {
        "id": str(file.id),
        "filename": file.name,
        "size": len(file.data),
        "url": url,
        "proxy_url": url.replace(CDN_HOST, "media.discordapp.net"),
        "content_type": file.content_type,
        "flags": 0,
    }
    if file.description is not None:
        data["description"] = file.description
    if file.ephemeral:
        data["ephemeral"] = True
    if file.lasts is not None:
        data |= {"duration_secs": file.lasts, "waveform": file.waveform}
    if file.content_type == "image/png" and len(file.data) >= 24:
        data |= {"width": int.from_bytes(file.data[16:20]), "height": int.from_bytes(file.data[20:24])}
    return data


def owners(interaction: Interaction) -> Json:
    return {"0": str(interaction.channel.guild.id) if interaction.channel.guild else "0"}


def interaction_metadata(interaction: Interaction) -> Json:
    data: Json = {
        "id": str(interaction.id),
        "type": interaction.kind,
        "user": user(interaction.user),
        "authorizing_integration_owners": owners(interaction),
    }
    if interaction.kind == COMPONENT and interaction.source:
        data["interacted_message_id"] = str(interaction.source.id)
    if interaction.kind == MODAL and interaction.opener:
        data["triggering_interaction_metadata"] = interaction_metadata(interaction.opener)
    return data


def message_type(said: Message) -> int:
    """0 plain, 19 a reply, 20 the answer to a slash command, 23 to a context menu command."""
    if said.reference:
        return 19
    if said.interaction is None or not said.interaction.label:
        return 0
    return 23 if said.interaction.data["type"] == 3 else 20


def message(world: World, said: Message, *, quoted: bool = False) -> Json:
    """A message as the API returns it; `quoted` leaves out the message that it answers, as Discord does."""
    asked = said.interaction
    data: Json = {
        "id": str(said.id),
        "channel_id": str(said.channel.id),
        "type": message_type(said),
        "author": user(said.author),
        "content": said.content,
        "attachments": [attachment(world, file) for file in said.files],
        "embeds": components.resolved_embeds(said.embeds, said.files, lambda file: link(world, file)),
        "components": components.resolved(said.components, said.files, lambda file: link(world, file)),
        "mentions": [user(person) for person in said.pinged],
        "mention_roles": [],
        "mention_everyone": said.pings_everyone,
        "timestamp": moment(said.created),
        "edited_timestamp": moment(said.edited) if said.edited else None,
        "flags": said.flags,
        "pinned": False,
        "tts": False,
    }
    if said.nonce is not None:
        data["nonce"] = said.nonce
    if asked:
        data |= {"application_id": str(world.bot.id), "webhook_id": str(world.bot.id)}
        data["interaction_metadata"] = interaction_metadata(asked)
        if asked.label:
            data["interaction"] = {
                "id": str(asked.id),
                "type": asked.kind,
                "name": asked.label,
                "user": user(asked.user),
            }
    if said.forwards:
        original = message(world, said.forwards, quoted=True)
        data["message_reference"] = {"type": 1, "channel_id": original["channel_id"], "message_id": original["id"]}
        data["message_snapshots"] = [{"message": {name: original[name] for name in SNAPSHOT}}]
    if said.reference:
        reference: Json = {"type": 0, "channel_id": str(said.channel.id), "message_id": str(said.reference.id)}
        if said.channel.guild:
            reference["guild_id"] = str(said.channel.guild.id)
        data["message_reference"] = reference
        if not quoted:
            alive = said.reference.id in said.channel.messages
            data["referenced_message"] = message(world, said.reference, quoted=True) if alive else None
    return data


def interaction(world: World, asked: Interaction) -> Json:
    """The payload of INTERACTION_CREATE."""
    room, server = asked.channel, asked.channel.guild
    data: Json = {
        "id": str(asked.id),
        "application_id": str(world.bot.id),
        "type": asked.kind,
        "token": asked.token,
        "version": 1,
        "data": asked.data,
        "channel_id": str(room.id),
        "channel": {**channel(world, room), "permissions": str(world.permissions(asked.user, room))},
        "locale": asked.user.locale,
        "app_permissions": str(room.bot_permissions),
        "authorizing_integration_owners": owners(asked),
        "context": 0 if server else 1,
        "entitlements": [],
        "entitlement_sku_ids": [],
        "attachment_size_limit": world.attachment_size_limit,
    }
    if server:
        data["guild_id"] = str(server.id)
        data["guild_locale"] = server.locale
        data["guild"] = {"id": str(server.id), "locale": server.locale, "features": []}
        data["member"] = {**member(server, asked.user), "permissions": str(world.permissions(asked.user, room))}
    else:
        data["user"] = user(asked.user)
    if asked.source:
        data["message"] = message(world, asked.source)
    return data


def callback(asked: Interaction, world: World) -> Json:
    """The body that answers a callback sent with `with_response`."""
    said = asked.response
    about: Json = {"id": str(asked.id), "type": asked.kind, "channel_id": str(asked.channel.id)}
    if asked.channel.guild:
        about["guild_id"] = str(asked.channel.guild.id)
    if said is None or asked.answer not in (4, 5, 6, 7):
        return {"interaction": about}
    about |= {
        "response_message_id": str(said.id),
        "response_message_loading": bool(said.flags & LOADING),
        "response_message_ephemeral": bool(said.flags & EPHEMERAL),
    }
    # A deferral has no resource of its own, except that the new "thinking" message comes with it.
    if asked.answer == 6:
        return {"interaction": about}
    return {"interaction": about, "resource": {"type": 7 if asked.answer == 7 else 4, "message": message(world, said)}}
