"""/queue: how many pieces are played and waiting, and the member's own place."""

from discord import app_commands

from bot.client import Interaction
from bot.words import say
from generation.request import Words


@app_commands.command(name="queue", description="How many pieces are waiting, and where yours is")
async def queue(interaction: Interaction) -> None:
    line = interaction.client.line
    words = [Words("Nobody is waiting: ask now, and Encore plays at once.")]
    if line.full:
        words = [
            Words(
                "Playing now: {playing}; waiting: {waiting}. A new request has to wait.",
                playing=line.playing,
                waiting=len(line),
            )
        ]
    if ticket := line.of(interaction.user.id):
        place = line.place(ticket)
        words += [
            Words("You are number {place} in the queue.", place=place) if place else Words("Encore is playing for you.")
        ]
    words += [Words("Pieces you can still ask for within this hour: {pieces}.", pieces=line.left(interaction.user.id))]
    said = "\n".join(say(sentence, str(interaction.locale)) for sentence in words)
    await interaction.response.send_message(said, ephemeral=True)
