"""Encore in the languages of its members."""

from collections.abc import Iterator

import pytest

from bot.preview.world import Json
from bot.words import LANGUAGES
from tests.bot.test_bot_mishaps import long_tune
from tests.discord_stand_in import Discord, has_files

pytestmark = pytest.mark.asyncio(loop_scope="session")
TUNE = ("a.abc", b"X:1\nT:Air\nM:4/4\nL:1/8\nK:D\nDFAF dfaf|gfed cABc|\n")


async def test_a_german_server_with_a_french_member(discord: Discord) -> None:
    discord.server.locale, discord.member.locale = "de", "fr"
    reply = await discord.command("extend", {"tune": TUNE, "seconds": 5, "takes": 1, "seed": 3}, until=has_files)
    assert reply.text.startswith("**Air** geht weiter: D-Dur, 4/4")
    assert ", das Neue ab 0:0" in reply.text and "Temperatur 0,9 · Seed 3" in reply.text
    assert list(reply.buttons) == [
        "Noch eine Version",
        "Wärmer",
        "Kühler",
        "Weiterspielen",
        "Ab einem Takt weiterspielen …",
        "Mit Band",
        "Nur das Neue",
        "Noten",
        "Löschen",
    ]
    warmer = await discord.press(reply, "Wärmer", until=has_files)
    assert "Temperatur 1,1" in warmer.text
    refused = await discord.command("extend", {"tune": ("a.xyz", b"?")})
    assert refused.text == (
        "Encore ne lit pas ce genre de fichier. Envoyez un fichier MIDI, ABC, MusicXML ou kern, "
        "ou l’enregistrement d’une mélodie."
    )
    form = await discord.command("extend")
    assert form.modal["title"] == "Continuer un air en ABC"
    private = await discord.command("compose", {"seconds": 5, "takes": 1}, where=discord.dm(), until=has_files)
    assert private.text.startswith("Un nouveau morceau\u00a0: ")


async def test_what_was_mended_in_a_file_is_said(discord: Discord) -> None:
    """The second of two tracks breaks off: the first is played, and the caption says so."""
    broken = long_tune(8).replace(b"MThd\0\0\0\6\0\0\0\1", b"MThd\0\0\0\6\0\1\0\2") + b"MTrk\0\0\0\x40\0\x90\x3c"
    discord.server.locale = "de"
    reply = await discord.command("extend", {"tune": ("a.mid", broken), "seconds": 5, "takes": 1}, until=has_files)
    assert reply.text.splitlines()[-1] == "-# Hinweis: Spur 2 ist beschädigt; Unlesbares wurde übersprungen."


@pytest.mark.parametrize("title", ["Night plays on: a waltz", "{music} {0}"])
async def test_a_title_that_reads_like_a_template(discord: Discord, title: str) -> None:
    discord.server.locale = "de"
    tune = ("a.abc", TUNE[1].replace(b"T:Air", b"T:" + title.encode()))
    reply = await discord.command("extend", {"tune": tune, "seconds": 5, "takes": 1}, until=has_files)
    assert reply.text.startswith(f"**{title}** geht weiter: D-Dur, 4/4, ")


async def test_what_only_its_reader_sees_is_in_their_language(discord: Discord) -> None:
    discord.member.locale = discord.admin.locale = "de"
    about = await discord.command("about")
    assert "nimmt deine Melodie" in about.text and "bleibt 7 Tage" in about.text and "**Licences" not in about.text
    said = await discord.command("settings instrument", {"value": "Flöte"}, user=discord.admin)
    assert said.text == "Auf diesem Server gilt ab jetzt: Instrument Flöte."
    shown = await discord.command("settings show", user=discord.admin)
    assert "**Instrument**: Flöte" in shown.text and "**Temperatur**: 0,9 (nicht gesetzt)" in shown.text
    await discord.command("settings reset", user=discord.admin)
    assert "Niemand wartet" in (await discord.command("queue")).text


async def test_choices_in_the_language_of_who_types(discord: Discord) -> None:
    discord.member.locale = "fr"
    assert ("ré mineur", "D minor") in await discord.suggestions("compose", "key", "re m")
    assert ("flûte", "flute") in await discord.suggestions("compose", "instrument", "flut")
    assert ("solo de jazz", "jazz") in await discord.suggestions("extend", "style", "jazz")
    options = {"seconds": 5, "takes": 1, "key": "Si bémol majeur", "instrument": "clavecin", "style": "solo de jazz"}
    reply = await discord.command("compose", options, until=has_files)
    assert "harpsichord" in reply.text, "the server speaks English"
    refused = await discord.command("compose", {"key": "h moll"})
    assert refused.text.startswith("«\u00a0H moll\u00a0» n’est pas une tonalité")


def parts(commands: list[Json]) -> Iterator[Json]:
    for command in commands:
        yield command
        yield from parts(command.get("options") or [])


async def test_commands_are_described_in_every_language(discord: Discord) -> None:
    described = [part for part in parts(discord.world.commands[None]) if part.get("description")]
    assert len(described) > 5
    for part in described:
        assert part.get("description_localizations", {}).keys() == set(LANGUAGES), part["description"]
        assert all(len(words) <= 100 for words in part["description_localizations"].values())
        assert part.get("name_localizations", {}).keys() == set(LANGUAGES), part["name"]
    extend = next(command for command in described if command["name"] == "extend")
    assert extend["name_localizations"] == {"de": "weiterspielen", "fr": "continuer"}
    menu = next(command for command in discord.world.commands[None] if command["type"] == 3)
    assert menu["name_localizations"]["de"] == "Diese Melodie weiterspielen"
