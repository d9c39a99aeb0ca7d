"""Piece → MusicXML, for notation programs and for Encore's own picture of the score."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from statistics import median
from xml.sax.saxutils import escape

from generation.finish.paper.lyrics import xml_lyric
from generation.finish.paper.notate import Bar, Frame, Score, Symbol
from generation.finish.paper.signs import elements, tempo_element
from generation.finish.paper.transposed import Interval
from generation.finish.piece import Piece
from generation.music.metre import written_beat
from generation.music.spell import Name, signature, spell

DIVISIONS = 13_440  # of a quarter: 2^7 · 3 · 5 · 7, so that lengths in tuplets are whole; MusicXML allows 16,383
HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE score-partwise PUBLIC "-//Recordare//DTD MusicXML 4.0 Partwise//EN" "http://www.musicxml.org/dtds/partwise.dtd">
"""
NAMES = {
    Fraction(8): "breve",
    Fraction(4): "whole",
    Fraction(2): "half",
    Fraction(1): "quarter",
    Fraction(1, 2): "eighth",
} | {Fraction(4, n): f"{n}{'nd' if n == 32 else 'th'}" for n in (16, 32, 64, 128, 256, 512, 1024)}
ACCIDENTALS = {-2: "flat-flat", -1: "flat", 0: "natural", 1: "sharp", 2: "double-sharp"}
SWING = "<direction-type><words>Swing</words></direction-type>"
TWO_BEATS = ((4, 4), (2, 4), (2, 2))  # eighths are beamed by fours here


def write_musicxml(piece: Piece) -> bytes:
    """The melody as a MusicXML 4.0 file with one part."""
    score = piece.sheet
    program = (piece.song.parts[-1].program if piece.song.parts else None) or 0
    text = musicxml(score, [score.bars], piece.title or "Encore", program, composer=piece.song.composer)
    return text.replace("</clef></attributes>", f"</clef>{transpose_element(piece.sounds)}</attributes>", 1).encode()


def transpose_element(sounds: Interval) -> str:
    """A <transpose> element; "" for an instrument that sounds as it is written."""
    steps, semitones = sounds
    if not steps and not semitones:
        return ""
    octaves = int(semitones / 12)
    change = f"<octave-change>{octaves}</octave-change>" if octaves else ""
    return (
        f"<transpose><diatonic>{steps - 7 * octaves}</diatonic><chromatic>{semitones - 12 * octaves}</chromatic>"
        f"{change}</transpose>"
    )


def musicxml(
    score: Score,
    lines: Sequence[Sequence[Bar]],
    title: str = "",
    program: int = 0,
    new_colour: str = "",
    composer: str = "",
) -> str:
    """MusicXML of some bars of a score, given line by line. With `new_colour`, it is for a
    picture: new notes have that colour, line breaks are kept, and names and tempo are left out."""
    measures, before = "", None
    for line in lines:
        for bar in line:
            begins_line = '<print new-system="yes"/>' if before and bar is line[0] else ""
            said = changes(bar, before) if before else _attributes(score, bar, bool(new_colour))
            measures += _measure(bar, score, begins_line + said, new_colour)
            before = bar
    name = "" if new_colour else "Melody"
    return (
        HEAD
        + '<score-partwise version="4.0">'
        + f"<work><work-title>{escape(printable(title))}</work-title></work>"
        + identification(composer)
        + f'<part-list><score-part id="P1"><part-name>{name}</part-name>'
        + f'<score-instrument id="P1-I1"><instrument-name>{name}</instrument-name></score-instrument>'
        + f'<midi-instrument id="P1-I1"><midi-channel>1</midi-channel><midi-program>{program + 1}</midi-program>'
        + f'</midi-instrument></score-part></part-list><part id="P1">{measures}</part></score-partwise>\n'
    )


def identification(composer: str) -> str:
    """The element that says who made the music and the file."""
    by = f'<creator type="composer">{escape(printable(composer))}</creator>' if composer else ""
    return f"<identification>{by}<encoding><software>Encore</software></encoding></identification>"


def printable(text: str) -> str:
    return "".join(letter for letter in text if letter.isprintable())


def _measure(bar: Bar, score: Score, before: str, new_colour: str) -> str:
    implicit = ' implicit="yes"' if bar.number == 0 else ""
    usual = signature(bar.key)
    altered: dict[tuple[str, int], int] = {}
    beamed = beams(bar, score)
    text = f'<measure number="{bar.number}"{implicit}>{before}'
    signs = elements(bar, DIVISIONS, bool(new_colour))
    for i, (symbol, beam) in enumerate(zip(bar.symbols, beamed, strict=True)):
        text += signs[i]
        name = None if symbol.pitch is None else spell(symbol.pitch, bar.key, symbol.harmony)
        accidental = ""
        if name is not None:
            place = (name.letter, name.octave)
            if altered.get(place, usual[name.letter]) != name.alter and not symbol.continued:
                accidental, altered[place] = ACCIDENTALS[name.alter], name.alter
        colour = f' color="{new_colour}"' if new_colour and symbol.note >= score.first_new else ""
        note = _note(symbol, name, accidental, beam, colour, bar.length)
        text += note.replace("</note>", f"{xml_lyric(symbol, score.sung)}</note>")
    if bar is score.bars[-1]:
        text += '<barline location="right"><bar-style>light-heavy</bar-style></barline>'
    return text + "</measure>"


def changes(bar: Bar, before: Bar) -> str:
    """An <attributes> element with the signatures that differ from those of the bar before; "" if none do."""
    said = key_element(bar) if bar.key != before.key else ""
    said += time_element(bar) if bar.metre != before.metre else ""
    return f"<attributes>{said}</attributes>" if said else ""


def key_element(bar: Bar | Frame) -> str:
    return f"<key><fifths>{bar.key.sharps}</fifths><mode>{bar.key.mode}</mode></key>"


def time_element(bar: Bar | Frame) -> str:
    return f"<time><beats>{bar.metre[0]}</beats><beat-type>{bar.metre[1]}</beat-type></time>"


def _attributes(score: Score, first: Bar, picture: bool) -> str:
    sign, line, octave = clef(score)
    change = f"<clef-octave-change>{octave}</clef-octave-change>" if octave else ""
    tempo = tempo_element(score.tempo, score.metre, also=SWING if score.swing else "")
    return (
        f"<attributes><divisions>{DIVISIONS}</divisions>"
        f"{key_element(first)}{time_element(first)}"
        f"<clef><sign>{sign}</sign><line>{line}</line>{change}</clef></attributes>" + ("" if picture else tempo)
    )


def clef(score: Score) -> tuple[str, int, int]:
    """Sign, line and octave change of the clef that needs the fewest ledger lines."""
    middle = median(symbol.pitch for bar in score.bars for symbol in bar.symbols if symbol.pitch is not None)
    if middle >= 56:
        return "G", 2, 1 if middle >= 88 else 0
    return "F", 4, -1 if middle < 37 else 0


def _note(symbol: Symbol, name: Name | None, accidental: str, beam: str, colour: str, bar_length: Fraction) -> str:
    """One <note> element, with its children in the order of the schema."""
    duration = f"<duration>{round(symbol.length * DIVISIONS)}</duration>"
    if name is None and symbol.length == bar_length:
        return f'<note{colour}><rest measure="yes"/>{duration}<voice>1</voice></note>'
    dotted = symbol.value.numerator == 3
    kind = NAMES.get(symbol.value / 3 * 2 if dotted else symbol.value, "1024th")
    text = f"<note{colour}>"
    if name is None:
        text += "<rest/>"
    else:
        alter = f"<alter>{name.alter}</alter>" if name.alter else ""
        text += f"<pitch><step>{name.letter}</step>{alter}<octave>{name.octave}</octave></pitch>"
    text += duration
    text += '<tie type="stop"/>' if symbol.continued else ""
    text += '<tie type="start"/>' if symbol.tied else ""
    text += f"<voice>1</voice><type>{kind}</type>" + ("<dot/>" if dotted else "")
    text += f"<accidental>{accidental}</accidental>" if accidental else ""
    notations = ('<tied type="stop"/>' if symbol.continued else "") + ('<tied type="start"/>' if symbol.tied else "")
    if symbol.tuplet is not None:
        actual, normal = symbol.tuplet
        text += (
            f"<time-modification><actual-notes>{actual}</actual-notes><normal-notes>{normal}</normal-notes>"
            "</time-modification>"
        )
        notations += '<tuplet type="start"/>' if symbol.first else ""
        notations += '<tuplet type="stop"/>' if symbol.last else ""
    text += beam
    return text + (f"<notations>{notations}</notations>" if notations else "") + "</note>"


def _flags(symbol: Symbol) -> int:
    """The number of flags or beams of a note: 1 for an eighth; 0 for a rest."""
    plain = symbol.value / 3 * 2 if symbol.value.numerator == 3 else symbol.value
    return 0 if symbol.pitch is None else max(plain.denominator.bit_length() - 1, 0)


def beams(bar: Bar, score: Score) -> list[str]:
    """The <beam> elements of every symbol of a bar."""
    texts = [""] * len(bar.symbols)
    for group in _groups(bar, score):
        flags = [_flags(bar.symbols[i]) for i in group]
        for level in range(1, max(flags) + 1):
            for k, i in enumerate(group):
                if flags[k] < level:
                    continue
                before = k > 0 and flags[k - 1] >= level
                after = k + 1 < len(group) and flags[k + 1] >= level
                word = {(False, True): "begin", (True, True): "continue", (True, False): "end"}.get((before, after))
                word = word or ("forward hook" if k == 0 else "backward hook")
                texts[i] += f'<beam number="{level}">{word}</beam>'
    return texts


def _groups(bar: Bar, score: Score) -> Iterator[list[int]]:
    """Indices of the symbols that share a beam: within a beat, or two beats of plain eighths; never across the seam."""
    beat = max(written_beat(bar.metre), Fraction(1))
    even = all(symbol.tuplet is None and symbol.value == Fraction(1, 2) for symbol in bar.symbols if _flags(symbol))
    window = 2 * beat if bar.metre in TWO_BEATS and even else beat
    group: list[int] = []
    place: tuple[int, bool] | None = None
    for i, symbol in enumerate(bar.symbols):
        here = (symbol.start // window, symbol.note >= score.first_new)
        if group and (not _flags(symbol) or here != place):
            if len(group) > 1:
                yield group
            group = []
        if _flags(symbol):
            group.append(i)
            place = here
    if len(group) > 1:
        yield group
