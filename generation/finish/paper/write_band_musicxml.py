"""Song → MusicXML of all its parts, for notation programs and for Encore's own picture of the score."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import lcm
from typing import NamedTuple
from xml.sax.saxutils import escape

from generation.finish.paper.drum_places import place_of
from generation.finish.paper.lyrics import xml_lyric
from generation.finish.paper.notate import Bar, Score
from generation.finish.paper.notate_band import Player, Sheet, Staff, notate_band
from generation.finish.paper.page import NEW
from generation.finish.paper.signs import elements, tempo_element
from generation.finish.paper.write_musicxml import (
    HEAD,
    changes,
    identification,
    key_element,
    printable,
    time_element,
    transpose_element,
)
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
from generation.music.key import Key
from generation.music.song import Song
from generation.music.spell import signature, spell

MOST_DIVISIONS = 16_383  # as the format allows
LETTERS = 12  # of a name before a staff
INITIALS = ("electric", "acoustic")  # words that musicians shorten so
UNSIGNED = Key("C", "major")
STEMS = ("<stem>up</stem>", "<stem>down</stem>")
COARSE = 10_080  # divisions if the note values would need more than that: positions are rounded


@dataclass(frozen=True)
class Look:
    """How a sheet is written.

    divisions   of a quarter
    new_colour  of the new notes; "" for no colour
    picture     whether it is for a picture, with its line breaks; without its tempo, and the name of a player alone
    """

    divisions: int
    new_colour: str
    picture: bool


def band_musicxml(song: Song, since: float) -> bytes:
    """All parts of a song as a MusicXML 4.0 file, Encore's notes in colour.

    since  the quarter where the new music begins; 0 for a fresh piece
    """
    sheet = notate_band(song, since).as_read()
    return sheet_musicxml(sheet, [range(len(sheet.frames))], sheet.title or "Encore", NEW if since else "").encode()


def sheet_musicxml(
    sheet: Sheet, lines: Sequence[Sequence[int]], title: str = "", new_colour: str = "", picture: bool = False
) -> str:
    """MusicXML of some bars of a sheet, given by their indices, line by line. With `new_colour`, new notes have that
    colour. A `picture` keeps the line breaks; it leaves out the tempo, and the name of a single player."""
    bars = [i for line in lines for i in line]
    look = Look(_divisions(sheet, bars), new_colour, picture)
    listed, parts = "", ""
    band = len(sheet.players) > 1
    for n, player in enumerate(sheet.players, 1):
        name = escape(printable(_short(player.name) if picture else player.name)) if band or not picture else ""
        listed += _listed(player, f"P{n}", name, n)
        measures = ""
        for line in lines:
            for i in line:
                begins = '<print new-system="yes"/>' if picture and i == line[0] and i != bars[0] else ""
                first = i == bars[0]
                bar = _signed(player, i, look)
                said = _attributes(player, bar, look) if first else changes(bar, _signed(player, i - 1, look))
                if first and n == 1 and not picture:
                    said += tempo_element(sheet.tempo, sheet.frames[0].metre)
                measures += _measure(sheet, player, i, begins + said, look, f"P{n}")
        parts += f'<part id="P{n}">{measures}</part>'
    if band and picture and sheet.staves == len(sheet.players):
        group = '<part-group type="start" number="1"><group-symbol>bracket</group-symbol></part-group>'
        listed = f'{group}{listed}<part-group type="stop" number="1"/>'
    return (
        HEAD
        + '<score-partwise version="4.0">'
        + f"<work><work-title>{escape(printable(title))}</work-title></work>"
        + identification(sheet.composer)
        + f"<part-list>{listed}</part-list>{parts}</score-partwise>\n"
    )


def _short(name: str) -> str:
    """A name that fits before a staff: as many of its words as there is room for, or the first one's beginning. Of a
    long one the first word may be an initial: “E. piano” tells more than “Electric”."""
    words = name.split() or [""]
    if len(name) > LETTERS and len(words) > 1 and words[0].lower() in INITIALS:
        words[0] = f"{words[0][0]}."
    while len(words) > 1 and len(" ".join(words)) > LETTERS:
        words.pop()
    return " ".join(words)[:LETTERS].rstrip(" ,;:(-")


def _divisions(sheet: Sheet, bars: Sequence[int]) -> int:
    """Divisions of a quarter in which all lengths and chord changes are whole numbers, if possible."""
    found = {
        symbol.length.denominator
        for player in sheet.players
        for staff in player.staves
        for voice in staff.voices
        for i in bars
        for symbol in voice.bars[i].symbols
    }
    whole = lcm(4, *found)
    return whole if whole <= MOST_DIVISIONS else COARSE


def _listed(player: Player, identity: str, name: str, number: int) -> str:
    """The <score-part> of a player."""
    text = f'<score-part id="{identity}"><part-name>{name}</part-name>'
    if player.drums:
        drums = _drums(player)
        text += "".join(
            f'<score-instrument id="{identity}-I{drum}"><instrument-name>{name}</instrument-name></score-instrument>'
            for drum in drums
        )
        text += "".join(
            f'<midi-instrument id="{identity}-I{drum}"><midi-channel>10</midi-channel>'
            f"<midi-unpitched>{drum + 1}</midi-unpitched></midi-instrument>"
            for drum in drums
        )
        return text + "</score-part>"
    channel = (number - 1) % 15
    channel += 1 + (channel >= 9)
    return (
        f'{text}<score-instrument id="{identity}-I1"><instrument-name>{name}</instrument-name></score-instrument>'
        f'<midi-instrument id="{identity}-I1"><midi-channel>{channel}</midi-channel>'
        f"<midi-program>{player.program + 1}</midi-program></midi-instrument></score-part>"
    )


def _drums(player: Player) -> list[int]:
    found: set[int] = set()
    for voice in player.staves[0].voices:
        for bar in voice.bars:
            found |= {pitch for symbol in bar.symbols for pitch in symbol.pitches}
    return sorted(found)


def _signed(player: Player, i: int, look: Look) -> Bar:
    """Bar `i` with its signatures. In a picture drums have no key, which verovio would draw below their staff."""
    bar = player.bar(i)
    return replace(bar, key=UNSIGNED) if player.drums and look.picture else bar


def _attributes(player: Player, bar: Bar, look: Look) -> str:
    staves = f"<staves>{len(player.staves)}</staves>" if len(player.staves) > 1 else ""
    clefs = ""
    for n, staff in enumerate(player.staves, 1):
        sign, line, octave = staff.clef
        number = f' number="{n}"' if staves else ""
        change = f"<clef-octave-change>{octave}</clef-octave-change>" if octave else ""
        clefs += f"<clef{number}><sign>{sign}</sign><line>{line}</line>{change}</clef>"
    signs = key_element(bar) + time_element(bar)
    moved = "" if look.picture or player.drums else transpose_element(player.sounds)
    return f"<attributes><divisions>{look.divisions}</divisions>{signs}{staves}{clefs}{moved}</attributes>"


def _measure(sheet: Sheet, player: Player, i: int, before: str, look: Look, identity: str) -> str:
    frame = sheet.frames[i]
    implicit = ' implicit="yes"' if frame.number == 0 else ""
    text = f'<measure number="{frame.number}"{implicit}>{before}'
    length = round(player.staves[0].voices[0].bars[i].length * look.divisions)
    for n, staff in enumerate(player.staves):
        for v, voice in enumerate(staff.voices):
            bar = voice.bars[i]
            if v and all(symbol.pitch is None for symbol in bar.symbols):
                continue
            if n or v:
                text += f"<backup><duration>{length}</duration></backup>"
            text += _notes(bar, voice, player, (n, v), "" if not _shared(staff, i) else STEMS[v], look, identity)
    if i == len(sheet.frames) - 1:
        text += '<barline location="right"><bar-style>light-heavy</bar-style></barline>'
    return text + "</measure>"


class _Tone(NamedTuple):
    """The elements in which the notes of a chord differ; "" for those that a note lacks."""

    pitch: str
    instrument: str = ""
    accidental: str = ""
    head: str = ""


def _stroke(drum: int, identity: str) -> _Tone:
    """A drum on its place of the staff; `identity` is that of the player's part."""
    place = place_of(drum)
    return _Tone(
        f"<unpitched><display-step>{place.letter}</display-step>"
        f"<display-octave>{place.octave}</display-octave></unpitched>",
        instrument=f'<instrument id="{identity}-I{drum}"/>',
        head=f"<notehead>{place.head}</notehead>" if place.head else "",
    )


def _notes(bar: Bar, voice: Score, player: Player, place: tuple[int, int], stem: str, look: Look, identity: str) -> str:
    """The notes of one voice in a bar, with what stands above it. `place`: the numbers of staff and voice, from 0."""
    n, v = place
    divisions = look.divisions
    usual = signature(bar.key)
    altered: Altered = {}
    signs = elements(bar, divisions, look.picture)
    text = ""
    for s, (symbol, beam) in enumerate(zip(bar.symbols, beams(bar, voice), strict=True)):
        text += signs[s]
        colour = f' color="{look.new_colour}"' if look.new_colour and symbol.note >= voice.first_new else ""
        begin, end = (
            round((at - bar.symbols[0].start) * divisions) for at in (symbol.start, symbol.start + symbol.length)
        )
        where = f"<voice>{4 * n + v + 1}</voice>"
        stave = f"<staff>{n + 1}</staff>" if len(player.staves) > 1 else ""
        duration = f"<duration>{end - begin}</duration>"
        if symbol.pitch is None:
            hidden = ' print-object="no"' if v else ""
            whole = symbol.length == bar.length and len(bar.symbols) == 1
            rest, value = ('<rest measure="yes"/>', "") if whole else ("<rest/>", value_element(symbol))
            text += f"<note{colour}{hidden}>{rest}{duration}{where}{value}{ratio(symbol)}{stave}"
            text += f"{notations(symbol, True, bool(v))}</note>"
            continue
        for k, pitch in enumerate(symbol.pitches):
            if player.drums:
                tone = _stroke(pitch, identity)
            else:
                name = spell(pitch, bar.key, symbol.harmony)
                tone = _Tone(pitch_element(name), accidental=accidental(symbol, name, usual, altered))
            text += f"<note{colour}>" + ("<chord/>" if k else "")
            text += (
                f"{tone.pitch}{duration}{ties(symbol)}{tone.instrument}{where}{value_element(symbol)}{tone.accidental}"
                f"{ratio(symbol)}{stem}{tone.head}{stave}{'' if k else beam}{notations(symbol, k == 0, bool(v))}"
                f"{'' if k else xml_lyric(symbol, voice.sung)}</note>"
            )
    return text


def _shared(staff: Staff, i: int) -> bool:
    """Whether two voices of a staff play in bar `i`."""
    return len(staff.voices) > 1 and all(
        any(symbol.pitch is not None for symbol in voice.bars[i].symbols) for voice in staff.voices
    )
