"""Piece → MusicXML, for notation programs and for Encore's own picture of the score."""

from collections.abc import Mapping, Sequence
from statistics import median
from xml.sax.saxutils import escape

from generation.finish.paper.lyrics import xml_lyric
from generation.finish.paper.notate import Bar, Frame, Score, Symbol
from generation.finish.paper.signs import elements, tempo_element
from generation.finish.paper.transposed import Interval
from generation.finish.paper.xml_notes import (
    Altered,
    accidental,
    beams,
    notations,
    pitch_element,
    ratio,
    ties,
    value_element,
)
from generation.finish.piece import Piece
from generation.music.spell import signature, spell

DIVISIONS = 13_440  # of a quarter: 2^7 · 3 · 5 · 7, so that lengths in tuplets are whole; MusicXML allows 16,383
HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE score-partwise PUBLIC "-//Recordare//DTD MusicXML 4.0 Partwise//EN" "http://www.musicxml.org/dtds/partwise.dtd">
"""
SWING = "<direction-type><words>Swing</words></direction-type>"


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
    """The text without control characters, which XML forbids."""
    return "".join(letter for letter in text if letter.isprintable())


def _measure(bar: Bar, score: Score, before: str, new_colour: str) -> str:
    """A <measure>, which begins with the elements `before` its notes."""
    implicit = ' implicit="yes"' if bar.number == 0 else ""
    usual = signature(bar.key)
    altered: Altered = {}
    text = f'<measure number="{bar.number}"{implicit}>{before}'
    signs = elements(bar, DIVISIONS, bool(new_colour))
    for i, (symbol, beam) in enumerate(zip(bar.symbols, beams(bar, score), strict=True)):
        colour = f' color="{new_colour}"' if new_colour and symbol.note >= score.first_new else ""
        note = _note(symbol, bar, beam, usual, altered)
        text += f"{signs[i]}<note{colour}>{note}{xml_lyric(symbol, score.sung)}</note>"
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


def _note(symbol: Symbol, bar: Bar, beam: str, usual: Mapping[str, int], altered: Altered) -> str:
    """What a <note> element contains before its lyric, in the order of the schema. `usual`, `altered`: as for
    `accidental`."""
    duration = f"<duration>{round(symbol.length * DIVISIONS)}</duration>"
    if symbol.pitch is None and symbol.length == bar.length:
        return f'<rest measure="yes"/>{duration}<voice>1</voice>'
    tone, sign = "<rest/>", ""
    if symbol.pitch is not None:
        name = spell(symbol.pitch, bar.key, symbol.harmony)
        tone, sign = pitch_element(name), accidental(symbol, name, usual, altered)
    return (
        f"{tone}{duration}{ties(symbol)}<voice>1</voice>{value_element(symbol)}{sign}{ratio(symbol)}{beam}"
        f"{notations(symbol)}"
    )
