"""`python -m bot.catalogues`: bring the catalogues up to date with the code, and list what is untranslated."""

import ast
import asyncio
import sys
from pathlib import Path

import discord
from babel.messages import Catalog, Message
from babel.messages.pofile import read_po, write_po
from discord import app_commands

from bot.commands import COMMANDS
from bot.words.locale import TYPED, is_typed
from bot.words.lookup import LANGUAGES
from generation.music.sounds import SOUNDS
from generation.request import STYLES

ROOT = Path(__file__).parents[1]
FOLDER = Path(__file__).parent / "words"
SPEAKERS = {"Words", "Refusal", "WorkerFault", "Unfit", "fault", "say"}  # those that are given a template
UNHEARD = ("learn", "judge", "__main__.py")  # rooms of generation/ that only the command line uses; they stay English
HEADER = """\
# Names in braces are filled in: keep them as they are. `python -m bot.catalogues` adds what is new in the code.
msgid ""
msgstr ""
"Language: {language}\\n"
"Plural-Forms: {plurals}\\n"
"Content-Type: text/plain; charset=utf-8\\n"

"""
WIDTH = 120


def main() -> int:
    """Update the catalogues. Returns 1 if a translation is missing."""
    said, missing = messages(), 0
    for language in LANGUAGES:
        catalogue = load(language)
        catalogue.update(said, no_fuzzy_matching=True)
        for template in untranslated(catalogue):
            print(f"{language}: {template}")
            missing += 1
        save(catalogue, language)
    return int(missing > 0)


def untranslated(catalogue: Catalog) -> list[str]:
    """The English templates that lack a translation."""
    return [str(message.id) for message in catalogue if message.id and not all(translations(message))]


def translations(message: Message) -> tuple[str, ...]:
    """The translation of a message, or all its plural forms."""
    return tuple(message.string) if isinstance(message.string, tuple | list) else (message.string or "",)


def save(catalogue: Catalog, language: str) -> None:
    with path(language).open("wb") as file:
        file.write(HEADER.format(language=language, plurals=catalogue.plural_forms).encode())
        write_po(file, catalogue, width=WIDTH, sort_output=True, omit_header=True, ignore_obsolete=True)


def path(language: str) -> Path:
    return FOLDER / f"{language}.po"


def load(language: str) -> Catalog:
    """A language's catalogue as it is in the repository."""
    with path(language).open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


def messages() -> Catalog:
    """Every message that a member may read, untranslated."""
    catalogue = Catalog()
    for folder in ("bot", "generation"):
        for file in sorted((ROOT / folder).rglob("*.py")):
            if folder == "bot" or file.relative_to(ROOT / folder).parts[0] not in UNHEARD:
                for template in templates(file.read_text("utf-8")):
                    catalogue.add(template if len(template) > 1 else template[0])
    for name in ("auto", *SOUNDS.values(), *STYLES.values()):
        catalogue.add(name)
    for name, context in asyncio.run(_commands()):
        catalogue.add(name, context=context)
    return catalogue


def templates(code: str) -> list[tuple[str, ...]]:
    """The literal templates in some Python code, each with its plural if it has one."""
    found = []
    for call in ast.walk(ast.parse(code)):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in SPEAKERS:
            literal = [arg.value for arg in call.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
            if literal and literal[0]:
                found.append(tuple(literal))
    return found


async def _commands() -> set[tuple[str, str | None]]:
    """The names, descriptions and choices of all commands, each with its context."""
    heard: set[tuple[str, str | None]] = set()

    class Listener(app_commands.Translator):
        async def translate(
            self, string: app_commands.locale_str, _: discord.Locale, context: app_commands.TranslationContextTypes
        ) -> None:
            if any(map(str.isalpha, string.message)):  # 6/8 is the same everywhere
                heard.add((string.message, TYPED if is_typed(context) else None))

    tree = app_commands.CommandTree(discord.Client(intents=discord.Intents.none()))
    for command in COMMANDS:
        await command.get_translated_payload(tree, Listener())
    return heard


if __name__ == "__main__":
    sys.exit(main())
