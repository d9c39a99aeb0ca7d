"""/queue: who plays, who waits, and where one stands oneself."""

from typing import Any

import discord
from discord import app_commands

from bot.languages import say


@app_commands.command(name="queue", description="How many pieces are waiting, and where yours is")
async def queue(interaction: discord.Interaction[Any]) -> None:
    line = interaction.client.line
    words = ["Nobody is waiting: whoever asks now is played for at once."]
    if line.full:
        words = [f"Playing now: {line.playing}; waiting: {len(line)}. Whoever asks now waits too."]
    if ticket := line.of(interaction.user.id):
        place = line.place(ticket)
        words += [f"You are number {place} in the line." if place else "Encore is playing for you."]
    words += [f"Pieces left for you within this hour: {line.left(interaction.user.id)}."]
    said = "\n".join(say(sentence, str(interaction.locale)) for sentence in words)
    await interaction.response.send_message(said, ephemeral=True)
