"""/queue: who plays, who waits, and where one stands oneself."""

from typing import Any

import discord
from discord import app_commands

from bot.languages import say


@app_commands.command(name="queue", description="How many pieces wait, and where yours is")
async def queue(interaction: discord.Interaction[Any]) -> None:
    line = interaction.client.line
    words = ["Nobody waits: who asks now is played for at once."]
    if line.full:
        words = [f"Pieces that are played now: {line.playing}; that wait: {len(line)}. Who asks now waits too."]
    if ticket := line.of(interaction.user.id):
        place = line.place(ticket)
        words += [f"You are number {place} in the line." if place else "Encore is playing for you."]
    words += [f"Pieces left for you within this hour: {line.left(interaction.user.id)}."]
    said = "\n".join(say(sentence, str(interaction.locale)) for sentence in words)
    await interaction.response.send_message(said, ephemeral=True)
