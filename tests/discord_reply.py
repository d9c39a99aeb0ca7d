"""How the bot has answered an interaction so far, and what can be pressed and filled in there."""

from bot.preview.rules import walk
from bot.preview.world import EPHEMERAL, LOADING, Interaction, Json, Message


class Reply:
    """How the bot has answered an interaction so far."""

    def __init__(self, asked: Interaction) -> None:
        self.asked = asked

    @property
    def message(self) -> Message:
        assert self.asked.response, f"the bot did not answer with a message: {self}"
        return self.asked.response

    @property
    def messages(self) -> list[Message]:
        return [self.message, *self.asked.followups]

    @property
    def text(self) -> str:
        return self.message.content

    @property
    def files(self) -> dict[str, bytes]:
        return {file.name: file.data for file in self.message.files}

    @property
    def ephemeral(self) -> bool:
        return bool(self.message.flags & EPHEMERAL)

    @property
    def thinking(self) -> bool:
        return bool(self.message.flags & LOADING)

    @property
    def buttons(self) -> dict[str, Json]:
        return buttons(self.message)

    @property
    def modal(self) -> Json:
        assert self.asked.modal, f"the bot did not answer with a form: {self}"
        return self.asked.modal

    def __repr__(self) -> str:
        said = self.asked.response
        what = f"{said.content!r} {[f.name for f in said.files]} flags={said.flags}" if said else None
        return f"Reply(answer={self.asked.answer}, failed={self.asked.failed}, modal={bool(self.asked.modal)}, {what})"


def buttons(message: Message) -> dict[str, Json]:
    """The buttons of a message by label (or emoji), in order."""
    pressed = [part for part in walk(message.components) if part["type"] == 2]
    return {part.get("label") or part["emoji"]["name"]: part for part in pressed}


def answered(reply: Reply) -> bool:
    asked = reply.asked
    return asked.answer is not None and not (asked.response and asked.response.flags & LOADING)


def has_files(reply: Reply) -> bool:
    return bool(reply.asked.response and reply.asked.response.files)


def acknowledged(reply: Reply) -> bool:
    return reply.asked.answer is not None


def labels(modal: Json) -> dict[str, str]:
    """custom_id by label, for the fields of a modal."""
    parts = list(walk(modal["components"]))
    found = {part["label"]: part["custom_id"] for part in parts if part.get("label") and part.get("custom_id")}
    return found | {part["label"]: part["component"]["custom_id"] for part in parts if part.get("component")}
