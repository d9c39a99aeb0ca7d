"""A little bot of real discord.py that uses everything that the stand-in offers; test_preview runs it."""

import asyncio
import io
import os
import re

import discord
from discord import app_commands


class Bot(discord.AutoShardedClient):
    def __init__(self) -> None:
        super().__init__(intents=discord.Intents(guilds=True), proxy=os.environ["ENCORE_PROXY"])
        self.tree = app_commands.CommandTree(self)

    async def setup_hook(self) -> None:
        self.add_dynamic_items(Count)
        await self.tree.sync()


class Count(discord.ui.DynamicItem[discord.ui.Button], template=r"count:(\d+)"):
    """A button that counts how often it was pressed, and outlives the process."""

    def __init__(self, number: int) -> None:
        super().__init__(discord.ui.Button(label=f"Pressed {number}", custom_id=f"count:{number}"))
        self.number = number

    @classmethod
    async def from_custom_id(cls, interaction: discord.Interaction, item: discord.ui.Item, match: re.Match) -> "Count":
        return cls(int(match[1]))

    async def callback(self, interaction: discord.Interaction) -> None:
        view = discord.ui.View(timeout=None).add_item(Count(self.number + 1))
        await interaction.response.edit_message(content=f"pressed by {interaction.user.name}", view=view)


class Form(discord.ui.Modal, title="A form"):
    name = discord.ui.TextInput(label="Name", max_length=20)
    tune = discord.ui.Label(text="Tune", component=discord.ui.FileUpload(custom_id="tune", required=False))

    async def on_submit(self, interaction: discord.Interaction) -> None:
        sizes = [len(await file.read()) for file in self.tune.component.values]
        await interaction.response.send_message(f"{self.name.value} sent {sizes}")


class Choose(discord.ui.View):
    @discord.ui.select(
        custom_id="mode",
        options=[discord.SelectOption(label="Dorian", value="dor"), discord.SelectOption(label="Lydian", value="lyd")],
    )
    async def mode(self, interaction: discord.Interaction, select: discord.ui.Select) -> None:
        await interaction.response.defer()
        await interaction.edit_original_response(content=f"chose {select.values[0]}", view=None)


bot = Bot()
tree = bot.tree


@tree.command(description="Says it again, with the file")
async def echo(interaction: discord.Interaction, text: str, file: discord.Attachment | None = None) -> None:
    await interaction.response.defer(thinking=True)
    files = [discord.File(io.BytesIO(await file.read()), f"back-{file.filename}", description="again")] if file else []
    await interaction.edit_original_response(
        content=text, attachments=files, allowed_mentions=discord.AllowedMentions.none()
    )


@tree.command(description="Whispers")
async def whisper(interaction: discord.Interaction, number: app_commands.Range[float, 0.1, 2.0] = 1.0) -> None:
    await interaction.response.send_message(f"{number} {interaction.locale}", ephemeral=True)
    await interaction.followup.send("and more", ephemeral=True)


@tree.command(description="Shows a button")
async def button(interaction: discord.Interaction) -> None:
    embed = discord.Embed(title="A picture").set_image(url="attachment://dot.png")
    view = discord.ui.View(timeout=None).add_item(Count(0))
    await interaction.response.send_message(embed=embed, file=discord.File(io.BytesIO(b"png"), "dot.png"), view=view)


@tree.command(description="Shows a choice")
async def choose(interaction: discord.Interaction) -> None:
    await interaction.response.send_message("which?", view=Choose())


@tree.command(description="Shows a form")
async def form(interaction: discord.Interaction) -> None:
    await interaction.response.send_modal(Form())


@tree.command(description="Lays out a page of the newer components")
async def layout(interaction: discord.Interaction) -> None:
    tune = discord.File(io.BytesIO(b"sound"), "tune.mp3")
    box = discord.ui.Container(accent_colour=0x336699)
    box.add_item(discord.ui.TextDisplay("## A heading"))
    box.add_item(discord.ui.Section("beside it", accessory=discord.ui.Button(label="Go", custom_id="go")))
    box.add_item(discord.ui.Separator())
    box.add_item(discord.ui.File(tune))
    view = discord.ui.LayoutView(timeout=None).add_item(box)
    await interaction.response.send_message(view=view, file=tune)


@tree.command(description="Never answers")
async def silent(interaction: discord.Interaction) -> None:
    await asyncio.sleep(0)


@tree.command(description="Answers twice, past the library's own check")
async def twice(interaction: discord.Interaction) -> None:
    await interaction.response.send_message("once")
    route = discord.http.Route("POST", f"/interactions/{interaction.id}/{interaction.token}/callback")
    await interaction.client.http.request(route, json={"type": 4, "data": {"content": "twice"}})


@tree.command(description="Sends what Discord does not take")
async def wrong(interaction: discord.Interaction) -> None:
    await interaction.response.defer(thinking=True)
    post = discord.http.Route("POST", "/channels/{channel_id}/messages", channel_id=interaction.channel_id)
    for body in ({"content": 7}, {"content": "x", "embeds": [{"image": {"url": "attachment://none.png"}}]}):
        try:
            await interaction.client.http.request(post, json=body)
        except discord.HTTPException:
            continue
    await interaction.edit_original_response(content="done")


@tree.command(description="Takes its time")
async def slow(interaction: discord.Interaction) -> None:
    message = (await interaction.response.defer(thinking=True)).resource
    await asyncio.sleep(1)
    try:
        await interaction.edit_original_response(content="in time")
    except discord.HTTPException as error:
        await interaction.channel.send(f"late: {error.status} {error.code}", reference=message.to_reference())


@tree.command(description="Guesses")
async def guess(interaction: discord.Interaction, key: str) -> None:
    await interaction.response.send_message(key)


@guess.autocomplete("key")
async def keys(interaction: discord.Interaction, typed: str) -> list[app_commands.Choice[str]]:
    return [app_commands.Choice(name=key, value=key) for key in ("C major", "D minor") if typed.lower() in key.lower()]


settings = app_commands.Group(
    name="settings",
    description="For admins",
    default_permissions=discord.Permissions(manage_guild=True),
    allowed_contexts=app_commands.AppCommandContext(guild=True),
)
tree.add_command(settings)


@settings.command(description="Sets it")
async def temperature(interaction: discord.Interaction, value: float) -> None:
    permitted = interaction.permissions.manage_guild
    await interaction.response.send_message(f"{value} by {interaction.user.name}: {permitted}", ephemeral=True)


@tree.context_menu(name="Measure this")
async def measure(interaction: discord.Interaction, message: discord.Message) -> None:
    await interaction.response.send_message(str([len(await file.read()) for file in message.attachments]))


bot.run(os.environ["DISCORD_TOKEN"])
