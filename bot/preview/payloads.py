"""Users, the application, servers, roles and channels, as Discord writes them: JSON."""

from datetime import UTC, datetime

from bot.preview.world import ADMIN, MODERATOR, Channel, Guild, Json, User, World

# offset of the id, name, permissions; None: what the server grants everyone
ROLES = ((0, "@everyone", None), (101, "Admin", ADMIN), (102, "Moderator", MODERATOR), (103, "Encore", None))


def moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()


def user(person: User) -> Json:
    return {
        "id": str(person.id),
        "username": person.name,
        "global_name": person.display,
        "avatar": None,
        "discriminator": "0000" if person.bot else "0",
        "public_flags": 0,
        "flags": 0,
        "bot": person.bot,
        "primary_guild": None,
    }


def own_user(person: User) -> Json:
    return {
        **user(person),
        "mfa_enabled": True,
        "locale": person.locale,
        "verified": True,
        "email": None,
        "premium_type": 0,
    }


def application(world: World) -> Json:
    bot = world.bot
    return {
        "id": str(bot.id),
        "name": bot.display,
        "icon": None,
        "description": "",
        "type": None,
        "bot": user(bot),
        "bot_public": True,
        "bot_require_code_grant": False,
        "integration_types_config": {"0": {}, "1": {}},
        "verify_key": "0" * 64,
        "flags": 1 << 23,  # has commands
        "flags_new": str(1 << 23),
        "redirect_uris": [],
        "interactions_endpoint_url": None,
        "role_connections_verification_url": None,
        "owner": user(next(u for u in world.users.values() if not u.bot)),
        "approximate_guild_count": len(world.guilds),
        "approximate_user_install_count": 0,
        "approximate_user_authorization_count": 0,
        "explicit_content_filter": 0,
        "team": None,
        "eligible_oauth2_scopes": [],
    }


def role_ids(guild: Guild, person: User) -> list[str]:
    wanted = "Encore" if person.bot else {ADMIN: "Admin", MODERATOR: "Moderator"}.get(guild.members[person.id])
    return [str(guild.id + offset) for offset, name, _ in ROLES if name == wanted]


def member(guild: Guild, person: User) -> Json:
    return {
        "user": user(person),
        "avatar": None,
        "banner": None,
        "communication_disabled_until": None,
        "flags": 0,
        "joined_at": "2024-05-01T12:00:00+00:00",
        "nick": None,
        "pending": False,
        "premium_since": None,
        "roles": role_ids(guild, person),
        "mute": False,
        "deaf": False,
    }


def roles(guild: Guild) -> list[Json]:
    return [
        {
            "id": str(guild.id + offset),
            "name": name,
            "permissions": str(guild.everyone if permissions is None else permissions),
            "position": position,
            "color": 0,
            "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
            "hoist": False,
            "managed": name == "Encore",
            "mentionable": False,
            "icon": None,
            "unicode_emoji": None,
            "flags": 0,
        }
        for position, (offset, name, permissions) in enumerate(ROLES)
    ]


def guild(server: Guild) -> Json:
    nothing = (
        "icon description home_header splash discovery_splash banner application_id afk_channel_id system_channel_id "
        "widget_channel_id max_presences vanity_url_code rules_channel_id safety_alerts_channel_id "
        "public_updates_channel_id incidents_data"
    )
    return {
        **dict.fromkeys(nothing.split()),
        "id": str(server.id),
        "name": server.name,
        "owner_id": str(server.owner.id),
        "features": [],
        "region": "deprecated",
        "afk_timeout": 300,
        "system_channel_flags": 0,
        "widget_enabled": False,
        "verification_level": 0,
        "roles": roles(server),
        "default_message_notifications": 0,
        "mfa_level": 0,
        "explicit_content_filter": 0,
        "max_members": 500000,
        "max_stage_video_channel_users": 50,
        "max_video_channel_users": 25,
        "premium_tier": 0,
        "premium_subscription_count": 0,
        "preferred_locale": server.locale,
        "premium_progress_bar_enabled": False,
        "nsfw": False,
        "nsfw_level": 0,
        "emojis": [],
        "stickers": [],
    }


def arriving_guild(world: World, server: Guild) -> Json:
    """A server as GUILD_CREATE has it: with channels and, as without the members intent, only the bot as member."""
    empty = "voice_states presences threads stage_instances guild_scheduled_events soundboard_sounds"
    return {
        **guild(server),
        **{name: [] for name in empty.split()},
        "joined_at": "2024-05-01T12:00:00+00:00",
        "large": False,
        "unavailable": False,
        "member_count": len(server.members),
        "members": [member(server, world.bot)],
        "channels": [channel(world, room) for room in server.channels],
    }


def channel(world: World, room: Channel) -> Json:
    last = next(reversed(room.messages), None)
    same: Json = {"id": str(room.id), "flags": 0, "last_message_id": str(last) if last else None}
    if room.guild is None:
        assert room.recipient
        return {**same, "type": 1, "recipients": [user(room.recipient)]}
    return {
        **same,
        "type": 0,
        "guild_id": str(room.guild.id),
        "name": room.name,
        "position": room.guild.channels.index(room),
        "parent_id": None,
        "topic": None,
        "nsfw": False,
        "rate_limit_per_user": 0,
        "permission_overwrites": [],
    }
