"""Words that users read: templates, filled and translated where they are shown; and the one error that has them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

Value: TypeAlias = "str | int | float | Words | tuple[Words, ...]"


@dataclass(frozen=True, init=False)
class Words:
    """A message to a user: an English template with {names}, and the values that fill them. `str()` is the English.

    It is translated where it is shown; the translation is looked up by `template`.

    template  a sentence or a phrase; without values it is shown as it is, braces included
    plural    the template if the value `count` is not 1; "" if there is no difference
    values    a number is formatted as an amount in the reader's language (so pass a seed as text), a tuple as a list
    """

    template: str
    plural: str
    values: dict[str, Value]

    def __init__(self, template: str, plural: str = "", /, **values: Value) -> None:
        plain = {name: whole(of) if isinstance(of, str) else of for name, of in values.items()}
        for name, value in (("template", whole(template)), ("plural", plural), ("values", plain)):
            object.__setattr__(self, name, value)

    def __bool__(self) -> bool:
        return bool(self.template)

    def __str__(self) -> str:
        return self.fill(self.plural if self.plural and self.values["count"] != 1 else self.template, _in_english)

    def fill(self, template: str, show: Callable[[Value], str]) -> str:
        """`template` with these values, each formatted by `show`. Braces within a value are left alone."""
        return template.format_map({name: show(of) for name, of in self.values.items()}) if self.values else template


def whole(text: str) -> str:
    """The text without lone surrogates, which cannot be encoded."""
    return text.encode("utf-8", "replace").decode()


def _in_english(value: Value) -> str:
    if isinstance(value, float):
        return f"{value:,.3f}".rstrip("0").rstrip(".")
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return f"{value:,}" if isinstance(value, int) else str(value)


UNSAID = Words("")


class Told(Exception):  # noqa: N818 — an error that users read
    """An error whose `words` users read; its arguments are those of `Words`."""

    def __init__(self, words: str | Words, plural: str = "", /, **values: Value) -> None:
        self.words = words if isinstance(words, Words) else Words(words, plural, **values)
        super().__init__(self.words)


class Refusal(Told):
    """The one error that a user can correct. It says what is wrong, the number, the limit, and what to do."""
