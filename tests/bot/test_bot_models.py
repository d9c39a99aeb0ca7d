"""The real bot with checkpoints of its admin's own, which are styles, and with one that is broken."""

from pathlib import Path

import pytest
import torch

from generation.model import checkpoint
from generation.model.networks.attentive_lstm import AttentiveLSTM, Sizes
from tests.discord_stand_in import has_files, running

pytestmark = pytest.mark.asyncio(loop_scope="session")
CARD = {"metres": {"auto": {"5/4": 9}}, "priors": [[[5, 4]], [90, 90], ["E minor"]]}
TUNE = ("a.abc", b"X:1\nT:Air\nM:4/4\nL:1/8\nK:D\nDFAF dfaf|gfed cABc|\n")


async def test_what_is_dropped_into_the_folder_is_a_style_at_once(tmp_path: Path) -> None:
    models = tmp_path / "models"
    models.mkdir()
    env = {"ENCORE_MODEL": "model", "ENCORE_MODELS": str(models)}
    async with running(tmp_path, env=env) as discord:
        assert await discord.suggestions("compose", "style", "dusk") == []
        torch.manual_seed(0)
        model = AttentiveLSTM(Sizes(width=48, layers=1, heads=2))
        checkpoint.save(models / "dusk_1.safetensors", model, CARD)
        assert await discord.suggestions("compose", "style", "dusk") == [("dusk_1", "dusk_1")]
        fresh = await discord.command(
            "compose", {"style": "dusk_1", "seconds": 5, "takes": 1, "seed": 1}, until=has_files
        )
        assert "E minor, 5/4" in fresh.text and ", dusk\\_1." in fresh.text
        on = await discord.command(
            "extend", {"style": "DUSK_1", "seconds": 5, "takes": 1, "tune": TUNE}, until=has_files
        )
        assert ", dusk\\_1." in on.text

        weights = models / "dusk_1.safetensors"
        weights.write_bytes(weights.read_bytes()[:-1])
        assert await discord.suggestions("compose", "style", "dusk") == []
        again = await discord.press(fresh, "Another take")
        assert again.ephemeral and "There is no style “dusk_1”" in again.text
        await discord.restart_bot()
        assert f"{weights} is no style: it is damaged" in discord.log()
        assert discord.violations == []
