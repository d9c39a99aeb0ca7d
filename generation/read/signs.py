"""Signs for the way through a score (segno, coda, Fine, “D.S. al Coda” and the like) → the jumps of each bar."""

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from generation.read.repeats import Jump
from generation.read.written import Score, movements

Kind = Literal["segno", "coda", "to_coda", "fine", "da_capo", "dal_segno"]
Al = Literal["", "fine", "coda"]

# In the languages that scores are printed in; the Italian is the same everywhere.
DA_CAPO = re.compile(
    r"\bd\s*\.?\s*c\b(?!\.?\s*\d)|\bd(a\s*|\.?\s*)capo\b|\bdal\s+(capo|principio|inizio)|\bvon\s+(vorne?|anfang)|\b(du|au)\s+d[eé]but"
    r"|\bdesde\s+(el\s+)?(principio|inicio|comienzo)|\bdo\s+in[ií]cio|\bod\s+pocz[aą]tku|\bс\s+начала"
    r"|\bfrom\s+the\s+(top|beginning)"
)
DAL_SEGNO = re.compile(
    r"\bd\s*\.?\s*s\b(?!\.?\s*\d)|\b(dal?|del|vom|von)\s*(𝄋|\$|segno|zeichen|signo)|\bau\s+(signe|segno)|\bdu\s+signe"
    r"|\b(desde|a)\s+(el\s+|la\s+)?(signo|segno|señal)|\bfrom\s+the\s+sign|\bod\s+znaku|\bот\s+знака"
)
AL_FINE = re.compile(
    r"\b(al?|alla|[aà]\s+la|bis(\s+zum)?|to(\s+the)?|jusqu.?[aà](\s+la)?|hasta(\s+el)?|do|до)"
    r"\s+(fine?|fim|final|ende|end|schlu(ss|ß)|końca|конца)\b"
)
AL_CODA = re.compile(
    r"\b(al?|alla|[aà]\s+la|to(\s+the)?|zur?|bis(\s+zur)?|poi(\s+seg[un]e)?(\s+la)?|then|puis|y)\s+(𝄌|coda)|(?<=\S)\s+𝄌"
)
FINE = re.compile(r"\W*(al\s+)?(fine|fin|fim|ende|koniec|конец|the\s+end)\W*")
TO_CODA = re.compile(r"\W*(to(\s+the)?|al?|alla|[aà]\s+la|zur?|da|alla|till|vers(\s+la)?)\s*(𝄌|coda)\W*(\d\W*)?")
CODA = re.compile(r"\W*(the\s+)?coda\W*(\d\W*)?|\s*𝄌\s*")
SEGNO = re.compile(r"\W*segno\W*|\s*𝄋\s*")


@dataclass(frozen=True)
class Sign:
    """A sign in bar `bar`, `at` quarters from its beginning; `al` is where a jump leads to, as far as it says so."""

    bar: int
    at: Fraction
    kind: Kind
    al: Al = ""


def spoken(words: str) -> tuple[Kind, Al] | None:
    """The signs that some words stand for, in any of the usual languages: “D.S. al Coda” → (dal_segno, coda)."""
    text = " ".join(words.lower().replace("\ue047", "𝄋").replace("\ue048", "𝄌").split())
    if len(text) > 80:
        return None
    al: Al = "coda" if AL_CODA.search(text) else "fine" if AL_FINE.search(text) else ""
    if DA_CAPO.search(text):
        return "da_capo", al
    if TO_CODA.fullmatch(text):
        return "to_coda", ""
    if DAL_SEGNO.search(text):
        return "dal_segno", al
    for kind, pattern in KINDS.items():
        if pattern.fullmatch(text):
            return kind, ""
    return None


KINDS: dict[Kind, re.Pattern[str]] = {"fine": FINE, "coda": CODA, "segno": SEGNO}


def mark_bars(score: Score, signs: list[Sign]) -> None:
    """Write the signs of a score into its bars.

    A segno or a coda in the later half of a bar counts as standing at the next bar line. The others apply at the end of
    their bar, unless they stand at its very beginning after a double bar. Of two coda signs without a “To Coda”, the
    first means that.
    """
    ordered = sorted(set(signs), key=lambda sign: (sign.bar, sign.at))
    for first, end in movements(score):
        codas = [sign for sign in ordered if sign.kind == "coda" and first <= sign.bar < end]
        for sign in ordered:
            if sign.kind != "coda" and first <= sign.bar < end:
                _mark(score, sign, end - 1)
        within = score.bars[first:end]
        last_jump = max((i for i, bar in enumerate(within, first) if bar.jump), default=-1)
        if len(codas) > 1 and codas[0].bar <= last_jump and not any(bar.to_coda for bar in within):
            sign = codas.pop(0)
            score.bars[sign.bar if _late(score, sign) or sign.bar == first else sign.bar - 1].to_coda = True
        for sign in codas:
            if sign.bar + _late(score, sign) < end:
                score.bars[sign.bar + _late(score, sign)].coda = True


def _mark(score: Score, sign: Sign, last: int) -> None:
    bars, i = score.bars, sign.bar
    before = i - 1 if sign.at == 0 and i and _ends(score, i - 1) and not _ends(score, i) else i
    if sign.kind == "segno":
        bars[min(i + _late(score, sign), last)].segno = True
    elif sign.kind == "to_coda":
        bars[before].to_coda = True
    elif sign.kind == "fine":
        bars[before].fine = True
    else:
        was = bars[before].jump
        bars[before].jump = Jump(sign.kind == "dal_segno", sign.al or (was.al if was else ""))


def _late(score: Score, sign: Sign) -> bool:
    """Whether a sign stands nearer to the end of its bar."""
    return 2 * sign.at > score.common[sign.bar].length


def _ends(score: Score, i: int) -> bool:
    return i in score.doubles or score.bars[i].repeats > 0
