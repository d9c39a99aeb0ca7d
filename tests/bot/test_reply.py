"""What a reply looks like, without Discord."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.answer.reply import MOST_BYTES, MOST_FILES, choose, clock, message, plain, sheet_music
from generation.request import UNSAID, Reply, Request, Take, Words

MIB = 2**20
SIZES = {"mp3": 400_000, "mid": 1_000, "abc": 500, "png": 60_000}
EXTENDED = Request(data=b"MThd", filename="../My tune (1).mid", takes=1)


SOURCE = Words("the top voice of {where}", where=Words("track {number}", number=2))


def takes(number: int, sizes: dict[str, int] = SIZES) -> tuple[Take, ...]:
    files = {name: bytes(size) for name, size in sizes.items()}
    return tuple(Take(40 + n, 0.7, 95.6, 61.2, 50, files) for n in range(number))


def reply(number: int = 1, sizes: dict[str, int] = SIZES) -> Reply:
    return Reply(takes(number, sizes), "The Test", "D minor", "6/8", 112.5, "irish", "flute", SOURCE)


def test_caption() -> None:
    made = message(reply(), EXTENDED, 10 * MIB)
    assert made.content.splitlines() == [
        "**The Test** plays on: D minor, 6/8, ♩. = 75 (♩ = 112.5), flute, Irish traditional.",
        "-# 1:35, the new part from 1:01 · temperature 0.7 · seed 40",
        "-# Melody: the top voice of track 2.",
    ]
    assert [name for name, _ in made.files] == [f"My-tune-1-take1.{kind}" for kind in ("mp3", "mid", "abc", "png")]


def test_what_was_mended_is_said() -> None:
    remarks = (Words("track {number} is damaged, and its unreadable parts were skipped", number="3"),)
    mended = replace(reply(), remarks=remarks)
    last, german = (message(mended, EXTENDED, 10 * MIB, locale).content.splitlines()[-1] for locale in ("en", "de"))
    assert last == "-# Note: track 3 is damaged, and its unreadable parts were skipped."
    assert german == "-# Hinweis: Spur 3 ist beschädigt; Unlesbares wurde übersprungen."


def test_a_take_that_is_mostly_the_tune_again_says_so() -> None:
    made = replace(reply(), takes=(replace(takes(1)[0], again=True),))
    said = message(made, EXTENDED, 10 * MIB).content.splitlines()[1]
    assert said.startswith("-# 1:35, the new part from 1:01, much of it your tune again · ")


def test_caption_of_a_fresh_piece() -> None:
    made = message(replace(reply(), title="", source=UNSAID, style="auto"), Request(), 10 * MIB)
    assert made.content.startswith("A fresh piece: D minor") and "plays on" not in made.content
    assert made.files[0][0] == "encore-take1.mp3"


@pytest.mark.parametrize(
    ("number", "kinds"),
    [
        (1, ["mp3", "mid", "abc", "png"]),
        (2, ["mp3"] * 2 + ["mid"] * 2 + ["abc"] * 2 + ["png"] * 2),
        (3, ["mp3"] * 3 + ["mid"] * 3 + ["abc"] * 2 + ["png"] * 2),
        (4, ["mp3"] * 4 + ["mid"] * 4 + ["abc", "png"]),
    ],
)
def test_every_take_can_be_heard(number: int, kinds: list[str]) -> None:
    chosen, left_out = choose([take.files for take in takes(number)], 10 * MIB)
    assert [kind for kind, _ in chosen] == kinds
    assert len(chosen) + len(left_out) == 4 * number


def test_what_is_too_large_is_said() -> None:
    made = message(reply(2, SIZES | {"mp3": 11 * MIB}), EXTENDED, 10 * MIB)
    assert not any(name.endswith(".mp3") for name, _ in made.files)
    assert "left out: the MP3 of take 1 (11 MB), the MP3 of take 2 (11 MB)." in made.content


def test_what_is_left_out_in_other_languages() -> None:
    large = reply(2, SIZES | {"mp3": 11 * MIB})
    german = message(large, EXTENDED, 10 * MIB, "de").content
    assert "weggelassen: das MP3 von Version 1 (11 MB), das MP3 von Version 2 (11 MB)." in german
    french = message(reply(1, SIZES | {"mp3": 11 * MIB}), EXTENDED, 10 * MIB, "fr").content
    assert "omis\u00a0: le MP3 (11 Mo)." in french


def test_why_there_is_no_sound_and_where_the_other_scores_are() -> None:
    assert "the MIDI has the same music" in message(reply(1, SIZES | {"mp3": 11 * MIB}), EXTENDED, 10 * MIB).content
    last = message(reply(4), EXTENDED, 10 * MIB).content.splitlines()[-1]
    assert last == "-# Discord accepts 10 files a message; “Sheet music” shows every take."
    assert "left out" not in message(reply(2), EXTENDED, 10 * MIB).content


def test_stems_for_which_there_is_no_room_are_said() -> None:
    sizes = SIZES | {"stems": 900_000}
    assert "stems" not in message(reply(2, sizes), EXTENDED, 10 * MIB).content
    said = message(reply(3, sizes), EXTENDED, 10 * MIB).content
    assert "no room for the stems" in said and "“Sheet music” shows every take" in said
    large = message(reply(1, SIZES | {"stems": 11 * MIB}), EXTENDED, 10 * MIB).content
    assert "left out: the stems (11 MB)" in large


def test_together_they_may_be_too_large() -> None:
    chosen, left_out = choose([take.files for take in takes(4, SIZES | {"mp3": 9 * MIB})], 10 * MIB)
    assert [kind for kind, _ in chosen].count("mp3") == [file.kind for file in left_out].count("mp3") == 2
    assert ("mid", 3) in chosen, "small files still fit"


@given(
    sizes=st.lists(st.dictionaries(st.sampled_from(list(SIZES)), st.integers(0, 12 * MIB), min_size=1), min_size=1,
                   max_size=4),
    limit=st.integers(1, 30 * MIB),
)  # fmt: skip
def test_discords_limits_always_hold(sizes: list[dict[str, int]], limit: int) -> None:
    class Size(bytes):
        """Bytes that claim to be long."""

        size = 0

        def __len__(self) -> int:
            return self.size

    def sized(number: int) -> bytes:
        made = Size()
        made.size = number
        return made

    all_takes = [{kind: sized(size) for kind, size in one.items()} for one in sizes]
    chosen, left_out = choose(all_takes, limit)
    lengths = [len(all_takes[number][kind]) for kind, number in chosen]
    assert len(chosen) <= MOST_FILES and sum(lengths) < MOST_BYTES and all(size <= limit for size in lengths)
    assert len(chosen) + len(left_out) == sum(map(len, sizes)) and len(set(chosen)) == len(chosen)


@given(st.text(max_size=300))
def test_text_of_strangers_is_plain(text: str) -> None:
    shown = plain(text)
    bare = shown.replace("\\\\", "")
    for sign in "*_`~|<@#[":
        assert bare.count(sign) == bare.count("\\" + sign), "every sign that formats or mentions is escaped"
    assert "\n" not in shown and len(shown) <= 160


@given(st.text(max_size=200), st.text(max_size=300))
def test_names_and_words_fit(filename: str, title: str) -> None:
    made = message(replace(reply(4), title=title), replace(EXTENDED, filename=filename), 10)
    assert len(made.content) <= 2000
    safe = message(reply(), replace(EXTENDED, filename=filename), 10 * MIB).files[0][0]
    assert safe.isascii() and safe.endswith("-take1.mp3") and not set(safe) & set("/\\ :") and len(safe) <= 60


def test_sheet_music() -> None:
    made = sheet_music([{"png": b"1", "musicxml": b"2"}] * 4, EXTENDED, 10 * MIB)
    assert [name for name, _ in made.files] == [
        f"My-tune-1-take{n}.{kind}" for kind in ("png", "musicxml") for n in range(1, 5)
    ]
    assert "left out" in sheet_music([{"png": bytes(9), "musicxml": b"2"}], EXTENDED, 5).content


def test_a_caption_in_the_words_of_musicians() -> None:
    german, french = (message(reply(), EXTENDED, 10 * MIB, locale).content for locale in ("de", "fr"))
    assert (
        german.splitlines()[0]
        == "**The Test** geht weiter: d-Moll, 6/8, ♩. = 75 (♩ = 112,5), Flöte, irisch traditionell."
    )
    assert german.splitlines()[-1] == "-# Melodie: die Oberstimme von Spur 2."
    assert french.splitlines()[0] == (
        "**The Test** continue\u00a0: ré mineur, 6/8, ♩. = 75 (♩ = 112,5), flûte, irlandais traditionnel."
    )
    voice = Words("{place} ({name})", place=Words("voice {number}", number=1), name="Ben, flute")
    tunes = Words("the first of {count} tunes", count=3)
    first = replace(reply(), source=Words("{first}, {where}", first=tunes, where=voice))
    assert message(first, EXTENDED, 10 * MIB, "de").content.endswith(
        "Melodie: die erste von 3 Melodien, Stimme 1 (Ben, flute)."
    )


def test_a_title_that_reads_like_a_caption() -> None:
    titled = replace(reply(), title="Night plays on: a waltz", style="auto")
    first = message(titled, EXTENDED, 10 * MIB, "de").content.splitlines()[0]
    assert first == "**Night plays on: a waltz** geht weiter: d-Moll, 6/8, ♩. = 75 (♩ = 112,5), Flöte."


def test_clock() -> None:
    assert [clock(seconds) for seconds in (0, 59.99, 60, 75.2, 600)] == ["0:00", "0:59", "1:00", "1:15", "10:00"]
