"""/queue: how many pieces are played and waiting, and the member's own place."""

from discord import app_commands

from bot.client import Interaction
from bot.words import say
from bot.words.locale import own
from generation.request import Words


@app_commands.command(name="queue", description="How many pieces are waiting, and where yours is")
async def queue(interaction: Interaction) -> None:
    now, member = interaction.client.queue, interaction.user.id
    state = await now.state()
    words = [Words("Nobody is waiting: ask now, and Encore plays at once.")]
    if state.full:
        words = [
            Words(
                "Playing now: {playing}; waiting: {waiting}. A new request has to wait.",
                playing=state.playing,
                waiting=state.waiting,
            )
        ]
    if ticket := now.of(member):
        place = await now.place(ticket)
        words.append(
            Words("You are number {place} in the queue.", place=place) if place else Words("Encore is playing for you.")
        )
    words.append(Words("Pieces you can still ask for within this hour: {pieces}.", pieces=await now.left(member)))
    await interaction.response.send_message("\n".join(say(each, own(interaction)) for each in words), ephemeral=True)
