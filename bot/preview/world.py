"""Everything that exists in the stand-in's Discord: people, servers, messages, interactions; and its clock."""

import asyncio
import base64
import logging
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

log = logging.getLogger(__name__)
Json = dict[str, Any]

EPOCH_MS = 1_420_070_400_000  # Discord's ids count milliseconds from 2015
MIB = 1024 * 1024
KEPT_MESSAGES = 200  # a channel forgets older ones, and their files, so that a preview can stay open for weeks

ADMINISTRATOR, MANAGE_GUILD, MANAGE_MESSAGES = 1 << 3, 1 << 5, 1 << 13
VIEW_CHANNEL, SEND_MESSAGES, EMBED_LINKS, ATTACH_FILES = 1 << 10, 1 << 11, 1 << 14, 1 << 15
MEMBER = VIEW_CHANNEL | SEND_MESSAGES | EMBED_LINKS | ATTACH_FILES | 1 << 16 | 1 << 31  # reads history, uses commands
MODERATOR = MEMBER | MANAGE_MESSAGES
ADMIN = MODERATOR | ADMINISTRATOR | MANAGE_GUILD

EPHEMERAL, LOADING, COMPONENTS_V2 = 1 << 6, 1 << 7, 1 << 15  # flags of a message
COMMAND, COMPONENT, AUTOCOMPLETE, MODAL = 2, 3, 4, 5  # kinds of interaction


@dataclass(eq=False)
class User:
    id: int
    name: str
    display: str
    bot: bool = False
    locale: str = "en-US"


@dataclass(eq=False)
class Guild:
    """A server. `members` maps a user's id to permissions; `open_to_all` names the commands that its admins allowed to
    everybody, as they can, whatever default the bot asked for; `everyone` is what people, and the bot, may do by their
    role. A server that is `away` has an outage: a bot that starts hears its id and nothing else."""

    id: int
    name: str
    owner: User
    locale: str = "en-US"
    members: dict[int, int] = field(default_factory=dict)
    channels: "list[Channel]" = field(default_factory=list)
    open_to_all: set[str] = field(default_factory=set)
    everyone: int = MEMBER
    away: bool = False


@dataclass(eq=False)
class Channel:
    """A text channel of a server, or (without `guild`) the direct messages between the bot and `recipient`."""

    id: int
    name: str
    guild: Guild | None = None
    recipient: User | None = None
    bot_permissions: int = MEMBER
    messages: "dict[int, Message]" = field(default_factory=dict)


@dataclass(eq=False)
class File:
    id: int
    name: str
    content_type: str
    data: bytes = field(repr=False)
    channel: Channel | None = None
    description: str | None = None
    ephemeral: bool = False
    lasts: float | None = None  # seconds of a voice message
    waveform: str = ""  # of a voice message: how loud it is in equal stretches, a byte each, in base64


@dataclass(eq=False)
class Message:
    """`pinged` are those whom the message alerts, `only_for` the one who sees an ephemeral message, `forwards` the
    message that it passes on, itself without contents."""

    id: int
    channel: Channel
    author: User
    created: float
    content: str = ""
    files: list[File] = field(default_factory=list)
    embeds: list[Json] = field(default_factory=list)
    components: list[Json] = field(default_factory=list)
    flags: int = 0
    edited: float | None = None
    pinged: list[User] = field(default_factory=list)
    pings_everyone: bool = False
    reference: "Message | None" = None
    forwards: "Message | None" = None
    interaction: "Interaction | None" = None
    only_for: User | None = None
    nonce: str | int | None = None


@dataclass(eq=False)
class Interaction:
    """What a person asked of the bot and how the bot answered. `answer` is the type of the callback (None until then),
    `response` the message it made, `source` the message whose button was pressed, `opener` what opened the modal."""

    id: int
    token: str
    kind: int
    user: User
    channel: Channel
    data: Json
    created: float
    label: str = ""
    source: Message | None = None
    opener: "Interaction | None" = None
    answer: int | None = None
    response: Message | None = None
    followups: list[Message] = field(default_factory=list)
    modal: Json | None = None
    choices: list[Json] | None = None
    failed: bool = False


@dataclass(frozen=True)
class Change:
    """Something happened: kind is created, edited, deleted (a message), asked, answered, failed (an interaction),
    commands or presence."""

    kind: str
    message: Message | None = None
    interaction: Interaction | None = None


@dataclass(eq=False)
class World:
    """The whole state, and the knobs that tests turn. All of it lives in one event loop."""

    bot: User
    token: str
    clock: Callable[[], float] = time.time
    acknowledge_within: float = 3.0
    token_lives: float = 15 * 60.0
    attachment_size_limit: int = 10 * MIB
    person_upload_limit: int = 50 * MIB
    users: dict[int, User] = field(default_factory=dict)
    guilds: dict[int, Guild] = field(default_factory=dict)
    channels: dict[int, Channel] = field(default_factory=dict)
    files: dict[int, File] = field(default_factory=dict)
    interactions: dict[str, Interaction] = field(default_factory=dict)  # by token
    commands: dict[int | None, list[Json]] = field(default_factory=dict)  # by guild; None: global
    violations: list[str] = field(default_factory=list)
    listeners: list[Callable[[Change], None]] = field(default_factory=list)
    _ahead: float = 0.0
    _last_id: int = 0

    def now(self) -> float:
        return self.clock() + self._ahead

    def pass_time(self, seconds: float) -> None:
        self._ahead += seconds

    def snowflake(self) -> int:
        self._last_id = max(self._last_id + 1, int(self.now() * 1000 - EPOCH_MS) << 22)
        return self._last_id

    def violation(self, what: str) -> None:
        """Note that somebody broke a rule of Discord's: tests assert that nobody did."""
        log.warning("%s", what)
        self.violations.append(what)

    def tell(self, change: Change) -> None:
        for listener in list(self.listeners):
            listener(change)

    def permissions(self, user: User, channel: Channel) -> int:
        return channel.guild.members.get(user.id, 0) if channel.guild else MEMBER

    def can_see(self, user: User, channel: Channel) -> bool:
        return user.id in channel.guild.members if channel.guild else channel.recipient is user

    def message(self, message_id: int) -> Message | None:
        return next((c.messages[message_id] for c in self.channels.values() if message_id in c.messages), None)

    def keep(self, file: File) -> File:
        self.files[file.id] = file
        return file

    def add(self, message: Message) -> Message:
        messages = message.channel.messages
        messages[message.id] = message
        while len(messages) > KEPT_MESSAGES:
            self._forget(messages.pop(next(iter(messages))))
        self.tell(Change("created", message=message))
        return message

    def delete(self, message: Message) -> None:
        if message.channel.messages.pop(message.id, None):
            self._forget(message)
            self.tell(Change("deleted", message=message))

    def _forget(self, message: Message) -> None:
        for file in message.files:
            self.files.pop(file.id, None)

    def ask(self, interaction: Interaction) -> Interaction:
        """Hand an interaction to the bot; it fails unless the bot acknowledges it in time."""
        self.interactions[interaction.token] = interaction
        for token, old in list(self.interactions.items()):
            if old.created + 2 * self.token_lives < self.now():
                del self.interactions[token]
        self.tell(Change("asked", interaction=interaction))
        asyncio.get_running_loop().call_later(self.acknowledge_within, self._give_up, interaction)
        return interaction

    def _give_up(self, interaction: Interaction) -> None:
        if interaction.answer is None:
            interaction.failed = True
            self.tell(Change("failed", interaction=interaction))

    def new_token(self, interaction_id: int) -> str:
        return base64.urlsafe_b64encode(f"interaction:{interaction_id}:{secrets.token_hex(48)}".encode()).decode()


def furnished(token: str, clock: Callable[[], float] = time.time) -> World:
    """Two servers and a place for direct messages, three people and the bot. Ids are the same every time, so that what
    the bot stored about a server is found again after a restart."""

    def person(number: int, name: str, display: str, bot: bool = False) -> User:
        return User(1_100_000_000_000_000_000 + number, name, display, bot)

    bot = person(1, "encore", "Encore", bot=True)
    ada, ben, mo = person(2, "ada", "Ada"), person(3, "ben", "Ben"), person(4, "mo", "Mo")
    world = World(bot=bot, token=token, clock=clock, users={user.id: user for user in (bot, ada, ben, mo)})
    for number, name, rooms in ((10, "Kitchen Session", ("tunes", "lounge")), (20, "Blue Hour Jazz", ("woodshed",))):
        guild = Guild(1_100_000_000_000_000_000 + (number << 22), name, owner=ada)
        guild.members = {bot.id: MEMBER, ada.id: ADMIN, ben.id: MEMBER, mo.id: MODERATOR}
        guild.channels = [Channel(guild.id + 1 + index, room, guild) for index, room in enumerate(rooms)]
        world.guilds[guild.id] = guild
        world.channels |= {channel.id: channel for channel in guild.channels}
    for user in (ada, ben, mo):
        world.channels[user.id + 1000] = Channel(user.id + 1000, f"Encore & {user.display}", recipient=user)
    return world
