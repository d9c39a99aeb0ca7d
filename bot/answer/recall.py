"""What the store keeps of a reply, for the buttons, lists and forms under it."""

from bot.answer.buttons import GONE
from bot.client import Interaction
from bot.store import Kept
from generation.request import Refusal


async def recall(interaction: Interaction, name: str) -> Kept:
    """The store's record of the reply that it keeps under this name. Raises `Refusal` if that is gone."""
    kept = await interaction.client.store.kept(name)
    if kept is None:
        raise Refusal(GONE)
    return kept
