"""Every message in every language, with whatever a musician may have written into it."""

import re
import string
from pathlib import Path

import pytest
from babel.messages import Catalog, Message

from bot import catalogues
from bot.catalogues import load, messages, templates, translations, untranslated
from bot.words import LANGUAGES, key_in, say
from generation.music.sounds import SOUNDS
from generation.request import STYLES, Refusal, Request, Words
from generation.serve.wire import Event, frame, parse_event

HOSTILE = ("Night plays on: a waltz", "{title}", "{0.__class__}", "100 % %s %(n)d", "}{", "A {music}.", "\\1")


@pytest.fixture(scope="module")
def said() -> Catalog:
    return messages()


def gaps(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}


def english(message: Message) -> tuple[str, ...]:
    return tuple(message.id) if isinstance(message.id, tuple | list) else (message.id,)


def keys(catalogue: Catalog) -> set[tuple[str | None, tuple[str, ...]]]:
    return {(message.context, english(message)) for message in catalogue if message.id}


def test_there_is_something_to_say(said: Catalog) -> None:
    assert len(said) > 200


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_untranslated_and_nothing_translated_that_is_not_said(language: str, said: Catalog) -> None:
    """`python -m bot.catalogues` mends the second and lists the first."""
    catalogue = load(language)
    assert keys(catalogue) == keys(said)
    assert untranslated(catalogue) == []
    assert not [message.id for message in catalogue if message.fuzzy]


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_have_the_same_gaps(language: str) -> None:
    catalogue = load(language)
    for message in catalogue:
        if message.id:
            assert len(translations(message)) == (catalogue.num_plurals if message.pluralizable else 1)
            for words in translations(message):
                assert gaps(words) == gaps(english(message)[-1]), message.id


def test_no_sentence_is_in_the_catalogue_of_another_language() -> None:
    said = [{words for message in load(language) for words in translations(message)} for language in LANGUAGES]
    alike = [words for words in said[0] & said[1] if len(re.findall(r"[^\W\d_]{2,}", re.sub(r"{\w+}", "", words))) > 3]
    assert alike == []


def test_a_new_language_begins_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: Catalog) -> None:
    (tmp_path / "ja.po").touch()
    monkeypatch.setattr(catalogues, "FOLDER", tmp_path)
    monkeypatch.setattr(catalogues, "LANGUAGES", ("ja",))
    assert catalogues.main() == 1, "all is still to be translated"
    assert keys(load("ja")) == keys(said) and load("ja").num_plurals == 1
    assert len(untranslated(load("ja"))) == len(said)


def test_french_punctuation_never_begins_a_line() -> None:
    for message in load("fr"):
        for words in translations(message):
            assert not re.search(r" [;:!?»%]|« ", words), words


@pytest.mark.parametrize("language", ["en", *LANGUAGES])
@pytest.mark.parametrize("hostile", HOSTILE)
def test_what_is_filled_in_stays_as_it_is(language: str, hostile: str, said: Catalog) -> None:
    for message in said:
        if not message.id or message.context:
            continue
        names = gaps(english(message)[-1]) - {"count"}
        for count in (0, 1, 2, 5) if message.pluralizable else (2,):
            values = {name: f"<{name} {hostile}>" for name in names} | {"count": count}
            made = say(Words(*english(message), **values), language)
            for name in names:
                assert made.count(values[name]) == 1, message.id
                made = made.replace(values[name], "")
            assert "{" not in made and "}" not in made, message.id


@pytest.mark.parametrize(
    ("count", "german", "french"),
    [
        (0, "Es warten schon 0 Stücke", "0 morceau attend"),
        (1, "Es wartet schon 1 Stück,", "1 morceau attend"),
        (2, "Es warten schon 2 Stücke", "2 morceaux attendent"),
    ],
)
def test_plurals(count: int, german: str, french: str) -> None:
    waiting = Words(
        "{count} piece is already waiting, and there is no room for more. Try again in a minute.",
        "{count} pieces are already waiting, and there is no room for more. Try again in a minute.",
        count=count,
    )
    assert say(waiting, "de").startswith(german) and say(waiting, "fr").startswith(french)
    assert str(waiting).startswith("1 piece is" if count == 1 else f"{count} pieces are")


@pytest.mark.parametrize(
    ("locale", "number"), [("en-US", "5,000,001"), ("de", "5.000.001"), ("fr", "5\u202f000\u202f001")]
)
def test_numbers(locale: str, number: str) -> None:
    template = "This file has {bytes} bytes; the limit is {limit}. Send a shorter piece."
    assert number in say(template, locale, bytes=5_000_001, limit=5_000_000)
    assert ("0.7" if locale == "en-US" else "0,7") in say("temperature {temperature}", locale, temperature=0.7)
    assert "123456789" in say("seed {seed}", locale, seed="123456789"), "no amount, and not grouped"


def test_other_languages_get_english() -> None:
    assert say("Warmer", "fr") == "Plus chaud" and say("Warmer", "en-US") == say("Warmer", "ja") == "Warmer"


@pytest.mark.parametrize(
    ("key", "german", "french"),
    [
        ("Bb major", "B-Dur", "si bémol majeur"),
        ("B minor", "h-Moll", "si mineur"),
        ("F# minor", "fis-Moll", "fa dièse mineur"),
        ("Eb major", "Es-Dur", "mi bémol majeur"),
        ("A dorian", "a-Dorisch", "la dorien"),
        ("Gb major", "Ges-Dur", "sol bémol majeur"),
        ("nothing", "nothing", "nothing"),
    ],
)
def test_keys(key: str, german: str, french: str) -> None:
    assert (key_in(key, "de"), key_in(key, "fr"), key_in(key, "en-GB")) == (german, french, key)


def test_a_list_is_translated_item_by_item() -> None:
    with pytest.raises(Refusal) as caught:
        Request(instrument="{kazoo}")
    assert "„{kazoo}“" in say(caught.value.words, "de") and "auto, Klavier, E-Piano" in say(caught.value.words, "de")
    assert "“{kazoo}”" in str(caught.value) and "auto, piano, electric piano" in str(caught.value)


def test_words_survive_the_way_between_processes() -> None:
    where = Words(
        "the top voice of {where}", where=Words("{place} ({name})", place=Words("track {number}", number=2), name="{}")
    )
    sent = Event(1, refusal=Words("{a} {b} {c}", a=where, b=1.5, c=(Words("piano"), where)), fault=Words("{\ud800"))
    received = parse_event(frame(sent)[4:])
    assert received == sent and str(received.refusal) == str(sent.refusal) and str(received.fault) == "{?"


def test_a_finished_sentence_is_taken_as_it_stands() -> None:
    assert str(Refusal("100 % of {this}")) == "100 % of {this}"


def test_what_the_model_can_play_has_a_name_in_every_language() -> None:
    for name in (*SOUNDS.values(), *STYLES.values()):
        assert all(say(name, language) for language in LANGUAGES)
    assert say("alto sax", "de") == "Altsaxophon" and say("hymn", "fr") == "cantique"


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ('Refusal("a {b}", b=3)', [("a {b}",)]),
        ('say(Words("one", "many", count=n), locale)', [("one", "many")]),
        ('fault(job.id, "a " "b", stage=s)', [("a b",)]),
        ("Refusal(GONE)", []),
    ],
)
def test_templates_are_found_in_the_code(code: str, found: list[tuple[str, ...]]) -> None:
    assert templates(code) == found
