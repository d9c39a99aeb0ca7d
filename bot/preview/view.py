"""What one person sees of the world, as JSON for the page."""

from bot.preview import people
from bot.preview.world import (
    ADMINISTRATOR,
    EPHEMERAL,
    LOADING,
    MANAGE_GUILD,
    MANAGE_MESSAGES,
    Channel,
    Interaction,
    Json,
    Message,
    User,
    World,
)


def everything(world: World, viewer: User, *, online: bool, trouble: str = "") -> Json:
    """Everything that a page needs when it opens."""
    rooms = [room for room in world.channels.values() if world.can_see(viewer, room)]
    return {
        "kind": "all",
        "me": person(world, viewer),
        "people": [person(world, user) for user in world.users.values() if not user.bot],
        "places": [place(room) for room in rooms],
        "messages": [message(world, said) for room in rooms for said in room.messages.values() if seen(said, viewer)],
        "commands": commands(world, viewer),
        "online": online,
        "trouble": trouble,
    }


def seen(said: Message, viewer: User) -> bool:
    return said.only_for in (None, viewer)


def person(world: World, user: User) -> Json:
    mine = [permissions for guild in world.guilds.values() for permissions in [guild.members.get(user.id, 0)]]
    admin = any(permissions & (ADMINISTRATOR | MANAGE_GUILD) for permissions in mine)
    moderator = any(permissions & MANAGE_MESSAGES for permissions in mine)
    role = "bot" if user.bot else "admin" if admin else "moderator" if moderator else "member"
    return {"id": str(user.id), "name": user.display, "role": role, "locale": user.locale}


def place(room: Channel) -> Json:
    return {
        "id": str(room.id),
        "name": room.name if room.guild else "Encore",
        "server": room.guild.name if room.guild else None,
    }


def commands(world: World, viewer: User) -> dict[str, list[Json]]:
    """channel → the commands that the viewer may use there."""
    rooms = [room for room in world.channels.values() if world.can_see(viewer, room)]
    return {str(room.id): people.commands(world, viewer, room) for room in rooms}


def message(world: World, said: Message) -> Json:
    asked = said.interaction
    data: Json = {
        "id": str(said.id),
        "place": str(said.channel.id),
        "author": person(world, said.author),
        "text": said.content,
        "time": said.created,
        "edited": bool(said.edited) and not (asked and asked.response is said),
        "files": [
            {
                "id": str(file.id),
                "name": file.name,
                "type": file.content_type,
                "size": len(file.data),
                "about": file.description,
                "url": f"files/{file.id}/{file.name}",
            }
            for file in said.files
        ],
        "embeds": said.embeds,
        "components": said.components,
        "ephemeral": bool(said.flags & EPHEMERAL),
        "thinking": bool(said.flags & LOADING),
    }
    if asked and asked.label:
        slash = "/" if asked.data["type"] == people.SLASH else ""
        data["asked"] = {"by": person(world, asked.user), "label": slash + asked.label}
    elif said.reference:
        data["answers"] = {
            "author": person(world, said.reference.author),
            "text": said.reference.content[:200] or ", ".join(file.name for file in said.reference.files),
        }
    return data


def interaction(asked: Interaction) -> Json:
    return {
        "id": str(asked.id),
        "place": str(asked.channel.id),
        "label": asked.label,
        "message": str(asked.source.id) if asked.source else None,
        "custom_id": asked.data.get("custom_id"),
        "state": "failed" if asked.failed else "waiting" if asked.answer is None else "answered",
        "modal": asked.modal,
    }
