"""The buttons under an answer: their labels and names. `bot.presses` does what they ask."""

from typing import Any, TypeAlias

import discord

from bot.words import say
from generation.request import Reply, Request, Words

Item: TypeAlias = discord.ui.Item[Any]
MOST_OPTIONS = 25  # of a list, by Discord's rules

# Patterns of the buttons' names. A name is all that is known of a button when it is pressed, even after a restart.
TAKE = r"encore:(?P<what>[a-z]+):(?P<kept>[\w-]{12}):(?P<take>\d)"
SHEET = r"encore-sheet:(?P<kept>[\w-]{12})"
DELETE = r"encore-delete(?P<sure>-now)?:(?P<kept>[\w-]{12}):(?P<member>\d+)"
FROM = r"encore-from:(?P<kept>[\w-]{12})"  # a form
REDO = r"encore-redo:(?P<kept>[\w-]{12})"
VOICE = r"encore-voice:(?P<kept>[\w-]{12})"
CANCEL = r"encore-cancel:(?P<member>\d+):(?P<ticket>[\w-]{12})"

# Key of `generation.request.REDONE` → what the button says that plays this part again.
OTHER = {
    "melody": Words("Other melody"),
    "chords": Words("Other chords"),
    "bass": Words("Other bass"),
    "drums": Words("Other drums"),
}
GONE = Words(
    "This reply is too old for its buttons to work, or was deleted. Ask again with /extend, /accompany or /compose."
)


def reply_buttons(kept: str, member: int, request: Request, reply: Reply, locale: str) -> discord.ui.View:
    """The buttons of a reply to `request`, labelled in the language of `locale`; under a file of several parts, a list
    to choose from which of them is the tune; under several takes of a band, one of the parts that can be played again.

    `kept` is the name under which the store keeps what they need.
    """
    labels = {
        f"encore:again:{kept}:0": Words("Another take"),
        f"encore:warmer:{kept}:0": Words("Warmer"),
        f"encore:cooler:{kept}:0": Words("Cooler"),
    }
    for take in range(request.takes):
        label = Words("Play on from take {number}", number=take + 1) if request.takes > 1 else Words("Play on")
        labels[f"encore:on:{kept}:{take}"] = label
    labels[f"encore:from:{kept}:0"] = Words("Play on from a bar…")
    if not reply.parts:
        for take in range(request.takes):
            label = Words("Take {number} with a band", number=take + 1) if request.takes > 1 else Words("With a band")
            labels[f"encore:band:{kept}:{take}"] = label
    if request.takes == 1:
        labels |= {f"encore:{what}:{kept}:0": OTHER[what] for what, _ in _redone(reply)}
    if request.data is not None:  # otherwise everything is new
        labels[f"encore:alone:{kept}:0"] = _alone(request)
    if reply.recorded and not request.accompany:
        label = Words("Begin with what was heard") if request.recording else Words("Begin with the recording")
        labels[f"encore:sound:{kept}:0"] = label
    if -1 in reply.octaves:
        labels[f"encore:lower:{kept}:0"] = Words("I meant an octave lower")
    if 1 in reply.octaves:
        labels[f"encore:higher:{kept}:0"] = Words("I meant an octave higher")
    labels[f"encore-sheet:{kept}"] = Words("Sheet music")
    buttons = [discord.ui.Button[discord.ui.View](label=say(of, locale), custom_id=name) for name, of in labels.items()]
    buttons[0].style = discord.ButtonStyle.primary
    delete = discord.ui.Button[discord.ui.View](
        label=say("Delete", locale), custom_id=f"encore-delete:{kept}:{member}", style=discord.ButtonStyle.danger
    )
    return _view(*buttons, delete, *_parts_of_takes(kept, request, reply, locale), *_voices(kept, reply, locale))


def _alone(request: Request) -> Words:
    if request.accompany:
        return Words("With the tune") if request.only_new else Words("Without the tune")
    return Words("With the input") if request.only_new else Words("Only the new part")


def _redone(reply: Reply) -> list[tuple[str, int]]:
    """Each part of a band's takes that can be played again, with the take, counted from 0."""
    if len(reply.parts) < 2:
        return []
    return [(what, number) for number, take in enumerate(reply.takes) for what in OTHER if what in take.parts]


def _parts_of_takes(kept: str, request: Request, reply: Reply, locale: str) -> list[Item]:
    found = _redone(reply)
    if request.takes == 1 or not found:
        return []
    options = [
        discord.SelectOption(
            label=say("{other} in take {number}", locale, other=OTHER[what], number=take + 1)[:100],
            value=f"{what}:{take}",
        )
        for what, take in found[:MOST_OPTIONS]
    ]
    select = discord.ui.Select[discord.ui.View]
    placeholder = say("Play one part again, and keep the rest", locale)[:150]
    return [select(custom_id=f"encore-redo:{kept}", placeholder=placeholder, options=options)]


def _voices(kept: str, reply: Reply, locale: str) -> list[Item]:
    if not reply.voices:
        return []
    options = [
        discord.SelectOption(label=f"{number}. {say(words, locale)}"[:100], value=str(number))
        for number, words in enumerate(reply.voices[:MOST_OPTIONS], 1)
    ]
    asked = say("The tune was found in part {number}. Is it in another?", locale, number=reply.voice)[:150]
    select = discord.ui.Select[discord.ui.View]
    return [select(custom_id=f"encore-voice:{kept}", placeholder=asked, options=options)]


def asking_to_delete(message: discord.Message, locale: str) -> discord.ui.View:
    """The buttons of a reply after the first press of “Delete”: that one asks, and a second press deletes."""
    items = discord.ui.View.from_message(message).children
    for button in items:
        if isinstance(button, discord.ui.Button) and (button.custom_id or "").startswith("encore-delete:"):
            button.label = say("Delete for good?", locale)
            button.custom_id = (button.custom_id or "").replace("encore-delete:", "encore-delete-now:")
    return _view(*items)


def cancel_button(member: int, ticket: str, locale: str) -> discord.ui.View:
    """The button of an answer whose music is still to come."""
    return _view(discord.ui.Button(label=say("Cancel", locale), custom_id=f"encore-cancel:{member}:{ticket}"))


def _view(*buttons: Item) -> discord.ui.View:
    view = discord.ui.View(timeout=None)
    for button in buttons:
        view.add_item(button)
    view.stop()  # discord.py need not keep the view: buttons are recognised by their names
    return view
