"""Titles in old files, which do not state their encoding."""

import random
from pathlib import Path

import pytest

from generation.read.encoding import decoded, encoding_of, text_of
from generation.read.file import read
from tests.hostile_bytes import ABC, TUNE, midi, notes, number, track
from tests.tally import tried

CASES = Path(__file__).parents[1] / "data/cases"
# Songs and names of instruments; the characters that `encoding` calls frequent were not chosen from these.
TITLES = {
    "cp932": (
        "蛍の光|仰げば尊し|紅葉|おぼろ月夜|われは海の子|七つの子|大きな古時計|川の流れのように|贈る言葉|乾杯|地上の星|宇宙戦艦ヤマト|ルパン三世のテーマ|"
        "交響詩篇|幻想即興曲|月光|革命のエチュード|新世界より|木星|ソプラノ|右手|左手|ボーカル|太鼓|三味線|尺八|悲愴"
    ),
    "gb18030": (
        "映山红|歌声与微笑|让我们荡起双桨|漫步人生路|恋曲1990|光辉岁月|吻和泪|怒放的生命|飞得更高|一剪梅|九月九的酒|黄土高坡|草原之夜|敖包相会|牧羊曲|好汉歌|"
        "敢问路在何方|葬花吟|枉凝眉|女高音|男低音|笛子|二胡独奏|古筝|琵琶语|献给爱丽丝"
    ),
    "cp950": (
        "綠島小夜曲|情人的眼淚|何日君再來|三年|夜來香|不了情|明天會更好|外婆的澎湖灣|龍的傳人|踏浪|鹿港小鎮|戀曲1980|小白菜|聽海|小提琴|女高音|男低音|長笛|打擊樂"
    ),
    "cp949": (
        "섬집 아기|과수원 길|반달|오빠 생각|그리운 금강산|비목|가고파|이등병의 편지|거위의 꿈|만남|젊은 그대|"
        "광화문 연가|소나기|벚꽃 엔딩|소프라노|바이올린|첼로|장구|가야금"
    ),
    "cp1251": (
        "Во поле берёза стояла|Тонкая рябина|Миллион алых роз|Эй, ухнем|Лунная соната|Ноктюрн|Скрипка|Флейта|Соло|Хор|"
        "Реве та стогне|Полька|Прощание славянки"
    ),
    "cp1252": (
        "Plaisir d’amour|Stille Nacht, heilige Nacht – für Chor|Bésame mucho|Águas de Março|Valsinha (Não sei)|Élégie|"
        "Vår bästa tid|Väinämöinen|Där näckrosen blommar|Rêverie|Für Therese|Stücke|Größe ist alles|Flöte|Violão|"
        "Morgenstimmung (Åses død)|Fagott/Hörner|Guitarra española|Contrebasse à cordes|Æbletræ|Los niños|Mañana"
    ),
}
CAPTION = {
    "euc_jp": "さくらさくら",
    "koi8_r": "Подмосковные вечера",
    "cp1250": "Příliš žluťoučký kůň",
    "utf-8": "Dvořák: 月",
}


def test_titles_alone_and_three_together() -> None:
    """Alone, a short title may be good words in two alphabets; three together never were."""
    rng, wrong, count = random.Random(1), [], 0
    for encoding, words in TITLES.items():
        titles = words.split("|")
        for title in titles:
            data = title.encode(encoding)
            wrong += [title] if decoded(data, encoding_of([data])) != title else []
            count += 1
        for _ in range(30):
            three = rng.sample(titles, 3)
            texts = [title.encode(encoding) for title in three]
            assert [decoded(text, encoding_of(texts)) for text in texts] == three
    tried("titles of unknown encoding", count, f"wrong: {', '.join(wrong) or 'none'}")
    assert len(wrong) <= 0.03 * count, wrong


@pytest.mark.parametrize(("encoding", "title"), CAPTION.items())
def test_rarer_encodings(encoding: str, title: str) -> None:
    assert decoded(title.encode(encoding), encoding_of([title.encode(encoding)])) == title


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("title", ["Für Elise", "Катюша", "Song"])
def test_sixteen_bits_a_character(encoding: str, title: str) -> None:
    assert decoded(title.encode(encoding), "utf-8") == title


def test_a_title_that_was_cut_within_a_character() -> None:
    for encoding, title in (("cp932", "春の小川は"), ("gb18030", "月亮代表我的心"), ("utf-8", "春の小川は")):
        data = title.encode(encoding)[:-1]
        assert decoded(data, encoding_of([data])).startswith(title[:-1])


@pytest.mark.parametrize(("name", "title"), [("m19-sjis-title.mid", "さくらさくら"), ("m19b-gbk-title.mid", "茉莉花")])
def test_titles_of_midi_files(name: str, title: str) -> None:
    assert read((CASES / name).read_bytes(), name).melody.title == title


def test_all_texts_of_a_midi_file_speak_for_one_alphabet() -> None:
    def named(name: bytes, events: bytes = b"") -> bytes:
        return track(b"\x00\xff\x03" + number(len(name)) + name + events)

    head, lead, bass = (word.encode("euc_kr") for word in ("님", "피아노", "베이스"))
    data = midi(named(head), named(lead, notes(TUNE)), named(bass, notes([40] * 8, channel=1)))
    reading = read(data, "korean.mid")
    assert (reading.melody.title, str(reading.source)) == ("님", "track 2 (피아노)")


@pytest.mark.parametrize("encoding", ["cp1251", "cp932", "latin-1", "utf-16", "utf-8-sig"])
def test_texts_of_abc(encoding: str) -> None:
    title = {"cp1251": "Калинка", "cp932": "さくら", "latin-1": "Où êtes-vous"}.get(encoding, "Dvořák")
    data = ABC.replace("Small", title).encode(encoding)
    assert read(data, "tune.abc").melody.title == title
    assert title in text_of(data)
