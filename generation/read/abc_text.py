"""ABC text: names and words with their escapes decoded."""

import html
import re
import unicodedata

# A backslash, one of these signs and a letter: the accent over or under the letter.
MARKS = {
    "`": "\u0300", "'": "\u0301", "^": "\u0302", "~": "\u0303", "=": "\u0304", "u": "\u0306", ".": "\u0307",
    '"': "\u0308", "r": "\u030a", "H": "\u030b", "v": "\u030c", ",": "\u0327", "c": "\u0327", ";": "\u0328",
}  # fmt: skip
LETTERS = {
    "AA": "Å", "aa": "å", "AE": "Æ", "ae": "æ", "OE": "Œ", "oe": "œ", "ss": "ß", "DH": "Ð", "dh": "ð", "TH": "Þ",
    "th": "þ", "/O": "Ø", "/o": "ø", "O/": "Ø", "o/": "ø", "/L": "Ł", "/l": "ł", "/D": "Đ", "/d": "đ",
}  # fmt: skip
ESCAPE = re.compile(
    r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|([0-7]{3})|(AA|aa|AE|ae|OE|oe|ss|DH|dh|TH|th|[/][OoLlDd]|[Oo]/)"
    r"|([`'^~=u.\"rHv,c;])\{?([A-Za-z])\}?|([%&\\])|(.))"
)
FONT = re.compile(r"\$[0-9]")  # abcm2ps: the number of a font


def decoded(text: str) -> str:
    """Escapes of ABC (`\\'e`, `\\u00e9`, `\\ss`) and of web pages (`&eacute;`) as the letters they stand for."""
    return unicodedata.normalize("NFC", html.unescape(ESCAPE.sub(_letter, FONT.sub("", text))))


def _letter(found: re.Match[str]) -> str:
    short, long, octal, name, mark, letter, sign, rest = found.groups()
    if short or long:
        code = int(short or long, 16)
        return chr(code) if code <= 0x10FFFF and not 0xD800 <= code < 0xE000 else ""
    if octal:
        return chr(int(octal, 8) & 0xFF)
    if name:
        return LETTERS[name]
    return letter + MARKS[mark] if mark else sign or rest
