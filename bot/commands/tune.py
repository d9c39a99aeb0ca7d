"""A member's tune, from a file, a message or a form, for the commands that play on from it or give it a band."""

import re
import secrets
from datetime import datetime
from typing import Any

import discord

from bot.answer.job import run_job
from bot.answer.report import report_error
from bot.client import Interaction
from bot.commands.foreign import SOUND, refuse_foreign
from bot.commands.options import request
from bot.words import say
from bot.words.locale import own
from generation.request import ACCOMPANISTS, ENDINGS, Refusal, Words

NO_MELODY = Words(
    "There is no tune in that message. It needs a MIDI, ABC, MusicXML or kern file, a recording of a melody, or ABC "
    "text that begins with “X:”."
)
ABC_IN_TEXT = re.compile(r"^X: *\d[^`]*^K:[^`]*", re.MULTILINE)
LONGEST_ABC = 4000  # characters that a form's field accepts
EXAMPLE = "X:1\nM:6/8\nK:D\nDFA dAF|GBd gdB|"
FORM_SECONDS = 3600.0  # for which a form may stay open


async def play_tune(interaction: Interaction, tune: discord.Attachment | None, options: dict[str, Any]) -> None:
    """Play what the options say with a file; without one, open a form to paste ABC into."""
    if tune is None:
        await interaction.response.send_modal(AbcForm(options, own(interaction), interaction.client.began))
    else:
        await play_file(interaction, tune, options)


async def play_posted(interaction: Interaction, message: discord.Message, options: dict[str, Any]) -> None:
    """Play with the tune in a message, or in the one that it forwards. Raises `Refusal` if there is none."""
    said: tuple[discord.Message | discord.MessageSnapshot, ...] = (message, *message.message_snapshots)
    files = [file for each in said for file in each.attachments]
    suitable = [file for file in files if file.filename.lower().endswith(tuple(ENDINGS))]
    if suitable:
        await play_file(interaction, suitable[0], options)
    elif sounds := [file.filename for file in files if file.filename.lower().endswith(SOUND)]:
        refuse_foreign(sounds[0])
    elif tune := ABC_IN_TEXT.search("\n".join(each.content for each in said)):
        await run_job(interaction, await request(interaction, filename="message.abc", data=tune[0].encode(), **options))
    else:
        raise Refusal(NO_MELODY)


async def play_file(interaction: Interaction, tune: discord.Attachment, options: dict[str, Any]) -> None:
    """Check what can be checked before anything is shown publicly, then fetch the file and play. Raises `Refusal`."""
    limit = interaction.client.settings.attachment_bytes
    refuse_foreign(tune.filename)
    if tune.size == 0:
        raise Refusal("That file is empty. Export it once more and send it again.")
    if tune.size > limit:
        raise Refusal(
            "That file has {bytes} bytes; the limit is {limit}. Send a shorter piece.", bytes=tune.size, limit=limit
        )
    wanted = await request(interaction, filename=tune.filename, data=b"", **options)
    await run_job(interaction, wanted, tune)


async def play_pasted(interaction: Interaction, tune: str, options: dict[str, Any]) -> None:
    """Play with a tune in ABC. A refusal has a button that opens the form again, with the text that was typed."""
    back = discord.ui.View(timeout=FORM_SECONDS)
    back.add_item(Back(tune, options, own(interaction), interaction.client.began))
    try:
        wanted = await request(interaction, filename="pasted.abc", data=tune.encode(), **options)
    except Refusal as error:
        await report_error(interaction, error, back)
    else:
        await run_job(interaction, wanted, back=back)


def forms_since(began: datetime) -> str:
    """The prefix that names the forms of the process that began at `began`, and the buttons that lead back to them."""
    return f"encore-abc:{began.timestamp():.3f}:"


def _fresh_name(began: datetime, options: dict[str, Any]) -> str:
    return f"{forms_since(began)}{options.get('accompany', '')}:{secrets.token_urlsafe(9)}"


def options_left(form: str) -> dict[str, Any]:
    """What the name of a form tells of its options, if its process has ended: only whether a band is to join."""
    band = form.split(":")[2:3]
    return {"accompany": band[0]} if band and band[0] in ACCOMPANISTS else {}


class AbcForm(discord.ui.Modal):
    """A form to paste a tune into; `tune` is the text that was typed before."""

    def __init__(self, options: dict[str, Any], locale: str, began: datetime, tune: str = "") -> None:
        title = Words("Give a tune in ABC a band") if options.get("accompany") else Words("Play on from ABC")
        super().__init__(title=say(title, locale), timeout=FORM_SECONDS, custom_id=_fresh_name(began, options))
        self.options = options
        self.abc = discord.ui.TextInput[Any](
            style=discord.TextStyle.paragraph,
            placeholder=EXAMPLE,
            max_length=LONGEST_ABC,
            default=tune[:LONGEST_ABC] or None,
        )
        self.add_item(discord.ui.Label(text=say("Your tune in ABC", locale), component=self.abc))

    async def on_submit(self, interaction: Interaction, /) -> None:  # type: ignore[override]  # no other client
        await play_pasted(interaction, str(self.abc.value), self.options)

    async def on_error(  # type: ignore[override]  # as in Modal, though not in its base
        self, interaction: Interaction, error: Exception, /
    ) -> None:
        await report_error(interaction, error)


class Back(discord.ui.Button[discord.ui.View]):
    """Opens the form again, with the text that was typed."""

    def __init__(self, tune: str, options: dict[str, Any], locale: str, began: datetime) -> None:
        super().__init__(label=say("Back to the form", locale), custom_id=_fresh_name(began, options))
        self.tune, self.options = tune, options

    async def callback(self, interaction: Interaction) -> None:  # type: ignore[override]  # no other client
        form = AbcForm(self.options, own(interaction), interaction.client.began, self.tune)
        await interaction.response.send_modal(form)
