"""The composer and the title of a MusicXML score."""

import re
from xml.etree.ElementTree import Element

from generation.music.song import legible

# Placeholders that programs write where nobody has given a title.
NO_TITLE = re.compile(
    r"\W*((un)?titled?( score)?|(my )?(new )?score ?\d*|title|titel|titre|t[ií]tulo|titolo|tytu[łl]|unbenannt"
    r"|ohne titel|sans titre|s[ie][nm] t[ií]tulo|senza titolo|partitura?|partition|partytura|full score|conductor.*"
    r"|none|unknown|music21( fragment)?|movement ?\d*|no ?name|document ?\d*|tmp\w*|untitled.*|[\d\s.]*|test|new)\W*",
    re.I,
)
NO_COMPOSER = re.compile(
    r"\W*(composers?( name)?( ?/ ?arranger)?|compositor|compositeur|komponist|compositore|music21|unknown|none|no ?name"
    r"|composer.*arranger|unbekannt|anonymous composer|\[.*\])\W*",
    re.I,
)


def title(root: Element) -> str:
    """The title of the movement, else of the work, else what is printed largest on the first page; else nothing."""
    said = [root.findtext("movement-title"), root.findtext("work/work-title")]
    printed = [credit for credit in root.findall("credit") if credit.get("page", "1") == "1"]
    said += [_words(credit) for credit in printed if credit.findtext("credit-type", "").strip() == "title"]
    plain = [credit for credit in printed if credit.find("credit-type") is None and _size(credit)]
    said += [_words(credit) for credit in sorted(plain, key=_size, reverse=True)[:1]]
    return next((found for words in said if (found := titled(words or ""))), "")


def titled(words: str) -> str:
    """A title without the ending of a file; empty if it is only a placeholder."""
    words = legible(re.sub(r"\.(musicxml|xml|mxl|mscz|mscx|musx|mus|sib|gp\w?|dorico)$", "", words.strip(), flags=re.I))
    return "" if NO_TITLE.fullmatch(words) else words


def composer(root: Element) -> str:
    """The composer; empty if none is named."""
    creators = root.findall("identification/creator")
    said = [each.text or "" for each in creators if each.get("type", "composer").lower() == "composer"]
    credits = [credit for credit in root.findall("credit") if credit.findtext("credit-type", "").strip() == "composer"]
    said += [_words(credit) for credit in credits]
    return next((words for each in said if (words := legible(each)) and not NO_COMPOSER.fullmatch(words)), "")


def _words(credit: Element) -> str:
    return " ".join(words.text or "" for words in credit.findall("credit-words"))


def _size(credit: Element) -> float:
    sizes = [words.get("font-size", "") for words in credit.findall("credit-words")]
    return max((float(size) for size in sizes if re.fullmatch(r"\d{1,3}(\.\d+)?", size)), default=0.0)
