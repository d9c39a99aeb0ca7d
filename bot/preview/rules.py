"""Discord's rules that its OpenAPI description lacks: names, order of options, file references, sizes."""

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator

from bot.preview.world import COMPONENTS_V2, EPHEMERAL, MIB, Json

LOCALES = frozenset(
    re.findall(
        r"\S+",
        "ar bg cs da de el en-GB en-US es-419 es-ES fi fr he hi hr hu id it ja ko lt nl no pl pt-BR ro ru sv-SE th tr "
        "uk vi zh-CN zh-TW",
    )
)
COMMAND_LIMITS = {1: 100, 2: 15, 3: 15}
KIND_NAMES = {1: "slash", 2: "user", 3: "message"}
FILES, REQUEST_BYTES, COMMAND_CHARACTERS = 10, 25 * MIB, 8000
SUBCOMMAND, GROUP = 1, 2


def command_problems(commands: list[Json]) -> list[str]:
    """The faults of a full set of commands, a sentence each."""
    problems: list[str] = []
    kinds = [command.get("type") or 1 for command in commands]
    for kind, limit in COMMAND_LIMITS.items():
        if kinds.count(kind) > limit:
            problems.append(f"{kinds.count(kind)} {KIND_NAMES[kind]} commands; at most {limit}")
    named = (f"{KIND_NAMES[kind]} {command['name']!r}" for kind, command in zip(kinds, commands, strict=True))
    problems += [f"two commands are called {repeated}" for repeated in twice(named)]
    for kind, command in zip(kinds, commands, strict=True):
        name = command["name"]
        if kind == 1:
            problems += [f"/{name}: {problem}" for problem in chat_input_problems(command)]
        elif command.get("description") or command.get("options"):
            problems.append(f"{name!r}: a context menu command has neither description nor options")
        problems += [f"{name!r}: {problem}" for problem in locale_problems(command)]
        if not 1 <= len(name) <= 32:
            problems.append(f"{name!r} has {len(name)} characters; 1 to 32 are allowed")
    return problems


def chat_input_problems(command: Json) -> Iterator[str]:
    yield from named_problems(command)
    yield from option_problems(command.get("options") or [], depth=0)
    if (size := characters(command)) > COMMAND_CHARACTERS:
        yield f"names, descriptions and values have {size} characters; at most {COMMAND_CHARACTERS}"


def named_problems(thing: Json) -> Iterator[str]:
    names = [thing["name"], *(thing.get("name_localizations") or {}).values()]
    yield from (f"{name!r} is not a valid name" for name in names if not valid_name(name))
    for text in (thing.get("description"), *(thing.get("description_localizations") or {}).values()):
        if not text or len(text) > 100:
            yield f"the description {text!r} must have 1 to 100 characters"


def valid_name(name: str) -> bool:
    """Letters and digits of any script, - _ ', no capitals, 1 to 32 characters."""
    allowed = all(c in "-_'" or unicodedata.category(c)[0] in "LN" or unicodedata.combining(c) for c in name)
    return 1 <= len(name) <= 32 and allowed and name == name.lower()


def locale_problems(thing: Json) -> Iterator[str]:
    for field in ("name_localizations", "description_localizations"):
        if unknown := set(thing.get(field) or {}) - LOCALES:
            yield f"{field} holds {', '.join(sorted(unknown))}, which Discord does not know"


def option_problems(options: list[Json], depth: int) -> Iterator[str]:
    if len(options) > 25:
        yield f"{len(options)} options; at most 25"
    for name in twice(option["name"] for option in options):
        yield f"two options are called {name!r}"
    nested = [option for option in options if option["type"] in (SUBCOMMAND, GROUP)]
    if nested and len(nested) != len(options):
        yield "subcommands and plain options are mixed"
    if any(option["type"] == GROUP for option in nested) and depth > 0:
        yield "a group lies within a group"
    required = [bool(option.get("required")) for option in options if option not in nested]
    if required != sorted(required, reverse=True):
        yield "a required option comes after an optional one"
    for option in options:
        yield from (f"{option['name']}: {problem}" for problem in named_problems(option))
        yield from (f"{option['name']}: {problem}" for problem in locale_problems(option))
        yield from (f"{option['name']}: {problem}" for problem in value_problems(option))
        if option in nested:
            yield from option_problems(option.get("options") or [], depth + 1)


def value_problems(option: Json) -> Iterator[str]:
    choices = option.get("choices") or []
    if len(choices) > 25:
        yield f"{len(choices)} choices; at most 25"
    for field in ("name", "value"):
        for repeated in twice(choice[field] for choice in choices):
            yield f"two choices have the {field} {repeated!r}"
    for choice in choices:
        yield from locale_problems(choice)
    if choices and option.get("autocomplete"):
        yield "choices and autocomplete exclude each other"
    for low, high in (("min_value", "max_value"), ("min_length", "max_length")):
        if option.get(low) is not None and option.get(high) is not None and option[low] > option[high]:
            yield f"{low} {option[low]} is above {high} {option[high]}"


def characters(thing: Json) -> int:
    """The length of a command as Discord counts it: name, description and values, each in its longest language."""
    size = 0
    for field in ("name", "description"):
        texts = [thing.get(field) or "", *(thing.get(f"{field}_localizations") or {}).values()]
        size += max(len(text) for text in texts)
    size += len(thing["value"]) if isinstance(thing.get("value"), str) else 0
    return size + sum(characters(part) for field in ("options", "choices") for part in thing.get(field) or [])


def twice(things: Iterable[object]) -> list[object]:
    seen: set[object] = set()
    repeated = []
    for thing in things:
        if thing in seen:
            repeated.append(thing)
        seen.add(thing)
    return repeated


def file_problems(sizes: dict[str, int], limit: int) -> list[str]:
    """`sizes`: bytes by file name; `limit`: bytes a file may have."""
    problems = []
    if len(sizes) > FILES:
        problems.append(f"{len(sizes)} files; at most {FILES}")
    problems += [f"{name} has {size} bytes; at most {limit}" for name, size in sizes.items() if size > limit]
    if sum(sizes.values()) > REQUEST_BYTES:
        problems.append(f"the files have {sum(sizes.values())} bytes together; at most {REQUEST_BYTES}")
    return problems


def message_problems(
    content: str, embeds: list[Json], components: list[Json], flags: int, files: list[str]
) -> list[str]:
    """The faults of a message as it would stand, a sentence each."""
    problems = []
    if flags & COMPONENTS_V2 and (content or embeds):
        problems.append("content and embeds cannot go with the components V2 flag")
    if len(content) > 2000:
        problems.append(f"the content has {len(content)} characters; at most 2000")
    if len(embeds) > 10:
        problems.append(f"{len(embeds)} embeds; at most 10")
    if sum(embed_characters(embed) for embed in embeds) > 6000:
        problems.append("the embeds have more than 6000 characters together")
    for name in re.findall(r'attachment://([^"\\]+)', json.dumps([embeds, components], ensure_ascii=False)):
        if name not in files:
            problems.append(
                f"attachment://{name} refers to no file of the message ({', '.join(files) or 'it has none'})"
            )
    for custom_id in twice(part["custom_id"] for part in walk(components) if part.get("custom_id")):
        problems.append(f"two components have the custom_id {custom_id!r}")
    for row in (part for part in walk(components) if part.get("type") == 1):
        kinds = [part["type"] for part in row["components"]]
        if kinds.count(2) > 5 or (len(kinds) > 1 and set(kinds) != {2}):
            problems.append("a row holds one select or up to five buttons")
    if not flags & COMPONENTS_V2 and len(components) > 5:
        problems.append(f"{len(components)} rows of components; at most 5")
    for button in (part for part in walk(components) if part.get("type") == 2):
        if button["style"] == 5 and (not button.get("url") or button.get("custom_id")):
            problems.append("a link button has a url and no custom_id")
        if button["style"] in (1, 2, 3, 4) and not button.get("custom_id"):
            problems.append("a button has no custom_id")
        if not button.get("label") and not button.get("emoji"):
            problems.append("a button has neither label nor emoji")
    return problems


def flag_problems(flags: int, allowed: int) -> list[str]:
    return [f"the flags {flags:#b} cannot be set here"] if flags & ~allowed else []


CALLBACK_FLAGS = EPHEMERAL | COMPONENTS_V2 | 1 << 2 | 1 << 12  # without embeds, without notification


def embed_characters(embed: Json) -> int:
    texts = [embed.get("title"), embed.get("description"), (embed.get("footer") or {}).get("text")]
    texts += [(embed.get("author") or {}).get("name")]
    texts += [field[part] for field in embed.get("fields") or [] for part in ("name", "value")]
    return sum(len(text or "") for text in texts)


def walk(components: list[Json]) -> Iterator[Json]:
    """Every component, those within rows, sections and containers too."""
    for part in components:
        yield part
        yield from walk(part.get("components") or [])
        for inner in ("accessory", "component"):
            if part.get(inner):
                yield from walk([part[inner]])
