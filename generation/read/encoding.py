"""Text of unknown encoding: the bytes of titles, names and words → the text that their writer saw.

Old files do not state their encoding. For each encoding in use, this estimates how likely a writer of its language is
to have written these very bytes, and takes the likeliest: the probability of each character,
from a short list of the frequent ones and from the classes into which the standards sort the rest.
"""

import codecs
import re
import unicodedata
from collections.abc import Iterable
from math import exp, log

from generation.music.song import legible

MOST_BYTES = 4_000  # that are examined
IMPOSSIBLE, CUT, MIXED = -1e9, log(1e-5), log(0.003)  # a text that breaks off in a character; a word of two alphabets
UNWRITTEN = re.compile(rb"[\x00-\x08\x0e-\x1f]")
# How often each encoding is met, roughly.
ENCODINGS = {
    "utf-8": 0.4,
    "cp1252": 0.2,
    "cp932": 0.12,
    "gb18030": 0.12,
    "cp1251": 0.07,
    "cp949": 0.04,
    "cp950": 0.04,
    "euc_jp": 0.01,
    "koi8_r": 0.005,
    "cp1250": 0.002,
    "mac_roman": 0.003,
    "cp850": 0.003,
}
SIMPLIFIED = (
    "的一是不了在人有我他这中大来上国和地到说时要就出会可也你对生能而子那得于着下自之年过后作里用道行所然家种事成方多经么去学如都同现当没动面起看"
    "定天分还进好小部其些主样理心她本前开但因只从想实日军者意无力它与长把机十民第公此已工使情明性知全三又关点正业外将两高间由问很最重并物手应向头"
    "爱情歌花月夜梦红风雨春秋海山水雪东西南北星空光路城阳飞舞曲乐声思念忆泪恋伤美丽茉莉荷梅兰竹云雁马江湖河洋船鱼鸟蝴蝶故乡母亲妈爸儿女孩朋友今昨"
    "黄蓝白黑金银古平沙落二泉映渔舟唱晚彩追良宵阿里姑娘青康定祝福快再见难忘等待永远世界千万纪少林寺甜蜜童橄榄树味色太亮代表送别离钢琴提吉他贝斯鼓笛弦"
    "主旋律伴奏键人声合奏"
)
TRADITIONAL = (
    "的一是不了在人有我他這中大來上國和地到說時要就出會可也你對生能而子那得於著下自之年過後作裡用道行所然家種事成方多經麼去學如都同現當沒動面起看"
    "定天分還進好小部其些主樣理心她本前開但因只從想實日軍者意無力它與長把機十民第公此已工使情明性知全三又關點正業外將兩高間由問很最重並物手應向頭"
    "愛情歌花月夜夢紅風雨春秋海山水雪東西南北星空光路城陽飛舞曲樂聲思念憶淚戀傷美麗茉莉荷梅蘭竹雲雁馬江湖河洋船魚鳥蝴蝶故鄉母親媽爸兒女孩朋友今昨"
    "黃藍白黑金銀古平沙落二泉映漁舟唱晚彩追良宵阿里姑娘青康定祝福快再見難忘等待永遠世界千萬紀少甜蜜童橄欖樹味色太亮代表鄧麗君望送別離鋼琴提吉他貝斯鼓"
    "笛弦主旋律伴奏鍵人聲合奏"
)
KANJI = (
    "日一人大年中会国本上出生分子時行下見山川田小間前後手東西南北気水火木金土月春夏秋冬花雪風雨空海星夜朝夕心愛恋歌曲音楽声夢涙思出物語君僕私女男"
    "子供母父友故郷里町村道旅船駅港島浜波光影色赤青白黒桜梅松竹鳥虫魚馬犬猫古城荒野原森林谷神様鬼姫君代千八百万二三四五六七八九十今昔明暗新長高美"
    "少年世界平和天使悪魔戦士英雄伝説希望未来永遠約束別離微笑口笛太陽地球宇宙銀河鉄道時計学校卒業式校歌祭踊唄節津軽港宵待草浜辺早春賦紅葉虹"
    "名曲集序章終幕第交響組協奏主題前奏練習旋律伴奏"
)
HANGUL = (
    "이가는을의에다고하지나도사라어리기로아한은서대자인그해들시만일게정수제보부여전상장주있안마구성과조소거미오것를니스적유공원음진화무해내세용연말면까경"
    "선동모우물야바실당문신간못달사랑노래눈물밤꿈별하늘바다산강꽃봄가을겨울비람길고향어머니아버지너나우리그대님이별추억기다림행복첫날오늘내일작은새벽"
    "아리랑도라지섬집학교종애국가생일축하합니다고요거룩만남편지드럼베이스피아노타멜로디코드스트링플룻기"
)
CYRILLIC = "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъёіїєґ"  # by frequency
LATIN = "éèàäöüçñáíóúßêâôîåøæëïãõûùÉÄÖÜÇÑÅØœŒÁÀÈÊ’“”–…´`ìòŠšŽžýÝ«»°¡¿Óº©®Â×ÔÍÚ™‘Æ"
CENTRAL = "áéíóúýřžšěčůłąęśżźćńőűťďňŘŽŠČŁŚŻÁÉÍÓÚÖÜöüäßĽľ’“”„–…ŐŰ"
CYRILLICS = ("cp1251", "koi8_r")
PAIRS = ("cp932", "gb18030", "cp949", "cp950", "euc_jp")  # of two bytes a character
FREQUENT = {"cp932": KANJI, "euc_jp": KANJI, "gb18030": SIMPLIFIED, "cp950": TRADITIONAL, "cp949": HANGUL}
# First bytes of the characters that each standard calls common, and how many these are.
COMMON = {
    "cp932": (0x88, 0x98, 2965),
    "euc_jp": (0xB0, 0xCF, 2965),
    "gb18030": (0xB0, 0xD7, 3755),
    "cp950": (0xA4, 0xC6, 5401),
    "cp949": (0xB0, 0xC8, 2350),
}


def encoding_of(texts: Iterable[bytes]) -> str:
    """The likeliest encoding of all texts of a file together, as a name for `bytes.decode`."""
    foreign, room = list[bytes](), MOST_BYTES
    for text in texts:
        if room > 0 and not text.isascii() and _wide(text) is None:
            foreign.append(text[:room])
            room -= len(text)
    if not foreign:
        return "utf-8"
    weighed = {name: sum(_likelihood(text, name) for text in foreign) + log(often) for name, often in ENCODINGS.items()}
    return max(weighed, key=lambda name: weighed[name])


def decoded(text: bytes, encoding: str) -> str:
    """Decode a text; UTF-16 is recognised from the text itself, whatever `encoding` says."""
    wide = _wide(text)
    return text.decode(wide or encoding, errors="replace").replace("\ufeff", "").replace("\0", "")


def line_of(text: bytes, encoding: str) -> str:
    """A text as one line of limited length."""
    return legible(decoded(text, encoding))


def text_of(data: bytes) -> str:
    """A whole file of text, as old and new programs write it."""
    if data[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return data.decode("utf-16", errors="replace")
    return data.decode(encoding_of(data.splitlines()), errors="replace").removeprefix("\ufeff")


def _wide(text: bytes) -> str | None:
    """UTF-16 of either order, by its mark or by bytes that no other encoding writes; None for anything else."""
    if text[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return "utf-16"
    if len(text) < 4 or len(text) % 2 or not UNWRITTEN.search(text):
        return None
    order = "utf-16-be" if len(set(text[::2])) <= len(set(text[1::2])) else "utf-16-le"  # upper bytes are much alike
    try:
        return order if text.decode(order).rstrip("\0").isprintable() else None
    except UnicodeDecodeError:
        return None


def _likelihood(text: bytes, encoding: str) -> float:
    """The logarithm of the probability that someone who uses this encoding writes these bytes."""
    total, before = 0.0, " "
    try:
        characters = text.decode(encoding)
    except UnicodeDecodeError as error:
        if error.end < len(text):
            return IMPOSSIBLE
        characters, total = text[: error.start].decode(encoding), CUT
    latin = sum(character.isascii() and character.isalpha() for character in characters)
    if encoding in CYRILLICS and 2 * latin > len(characters):
        total += MIXED
    for character in characters:
        if character.isascii():
            total += log(0.01)
            if character.isalpha() and not before.isascii():
                total += MIXED if encoding in CYRILLICS or (encoding in PAIRS and character.islower()) else 0
        elif encoding in PAIRS:
            total += log(_among_pairs(character, encoding)) + (MIXED if before.isascii() and before.isalpha() else 0)
        elif encoding == "utf-8":
            total += log(0.3 if character.isalpha() else 0.1) - (1.0 if ord(character) < 0x800 else 2.0)
        else:
            total += log(_in_alphabet(character, before, encoding))
        before = character
    return total


def _among_pairs(character: str, encoding: str) -> float:
    """The probability of a character of Chinese, Japanese or Korean."""
    frequent = FREQUENT[encoding]
    if character in frequent:
        return 0.45 / len(frequent)
    japanese, korean = frequent is KANJI, frequent is HANGUL
    block = ord(character) >> 8
    if 0x3041 <= ord(character) <= 0x30FE:
        return 0.6 / 180 if japanese else 1e-5
    if 0xFF61 <= ord(character) <= 0xFF9F:  # half as wide as others
        return 5e-4 if encoding == "cp932" else 1e-6
    if block in (0x20, 0x22, 0x25, 0x26, 0x30, 0xFF):  # punctuation, signs, wide letters
        return 2e-4
    code = character.encode(encoding, "replace")
    first, last, count = COMMON[encoding]
    if len(code) == 2 and first <= code[0] <= last and (not korean or character >= "가"):
        return (0.5 if korean else 0.3) / count
    if unicodedata.category(character) == "Lo":
        return 1e-6 if korean or len(code) > 2 or (encoding == "gb18030" and min(code) < 0xA1) else 5e-6
    return 1e-7


def _in_alphabet(character: str, before: str, encoding: str) -> float:
    """The probability of a letter beyond ASCII after the character `before`."""
    if encoding in CYRILLICS:
        place = CYRILLIC.find(character.lower())
        if place < 0:
            return 1e-4 if character in "«»–—№…“”" else 1e-6
        share = 0.11 * 0.91**place * (exp(MIXED) if before.isascii() and before.isalpha() else 1.0)
        shouted = character.isupper() and before.islower()  # a capital in the middle of a word
        return share * (0.01 if shouted else 0.3 if character.isupper() and not before.isupper() else 1.0)
    letters = CENTRAL if encoding == "cp1250" else LATIN
    if character not in letters:
        return 1e-5 if character.isalpha() else 1e-6
    share = 0.03 / (1 + letters.index(character) / 8)
    if character.isalpha() and not before.isascii() and before.isalpha():
        return share * 0.03  # these seldom stand together
    if not character.isalpha() and character != "’" and before.isalpha():
        return share * 0.05  # and signs seldom stand within a word
    return share * (0.02 if character.isupper() and before.islower() else 1.0)
