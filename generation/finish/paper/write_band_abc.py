"""Song → ABC with a voice for each staff, or of its lead alone if there are too many staves to read."""

from collections.abc import Iterator

from generation.finish.paper.drum_places import place_of
from generation.finish.paper.lyrics import abc_line
from generation.finish.paper.notate import Bar
from generation.finish.paper.notate_band import Player, Sheet, Staff, notate_band
from generation.finish.paper.write_abc import SIGNS, bar_text, changes, headed, key_text, letter_text, lines_of
from generation.music.key import Key
from generation.music.song import Song
from generation.music.spell import Name, signature, spell

MOST_STAVES = 4
CLEFS = {"G": "treble", "F": "bass", "C": "alto", "percussion": "perc"}


def band_abc(song: Song, since: float, seed: int = 0, title: str = "") -> bytes:
    """The score of a song as an ABC tune in UTF-8.

    since  the quarter where the new music begins; 0 for a fresh piece
    """
    sheet = notate_band(song, since)
    if sheet.staves > MOST_STAVES:
        sheet = sheet.lead()
    first = sheet.frames[0]
    staves = list(_staves(sheet))
    lines = [*headed(title or sheet.title, sheet.composer), f"N:Encore, seed {seed}{_seam(sheet)}"]
    lines += [f"M:{first.metre[0]}/{first.metre[1]}", "L:1/8", f"Q:1/4={sheet.tempo:.0f}"]
    lines += [f"%%score {_braced(sheet)}"] if len(staves) > 1 else []
    lines += [_voice(n, player, staff) for n, player, staff in staves]
    lines.append(f"K:{key_text(first.key)}")
    for n, player, staff in staves:
        lines.append(f"V:{n}")
        lines += _midi(player)
        i = 0
        for frames in lines_of(sheet.frames):
            lines += changes(frames[0], sheet.frames[max(0, i - 1)])
            bars = [staff.voices[0].bars[i + k] for k in range(len(frames))]
            texts = [_bar(staff, bar, i + k, player.drums) for k, bar in enumerate(bars)]
            i += len(frames)
            lines.append(" | ".join(texts) + (" |]" if i == len(sheet.frames) else " |"))
            if words := abc_line((symbol for bar in bars for symbol in bar.symbols), staff.voices[0].sung):
                lines.append(words)
    return ("\n".join(lines) + "\n").encode()


def _seam(sheet: Sheet) -> str:
    """A remark on the bar in which the new notes begin; "" without an input."""
    return "" if sheet.seam is None else f"; new from bar {sheet.frames[sheet.seam].number}"


def _staves(sheet: Sheet) -> Iterator[tuple[int, Player, Staff]]:
    """Each staff with its number, from 1, and its player."""
    n = 0
    for player in sheet.players:
        for staff in player.staves:
            n += 1
            yield n, player, staff


def _braced(sheet: Sheet) -> str:
    """The order of the voices on the page, a player's two staves in a brace."""
    n, found = 0, []
    for player in sheet.players:
        numbers = [str(n + k + 1) for k in range(len(player.staves))]
        n += len(numbers)
        found.append(f"{{{' '.join(numbers)}}}" if len(numbers) > 1 else numbers[0])
    return " ".join(found)


def _voice(n: int, player: Player, staff: Staff) -> str:
    sign = CLEFS[staff.clef[0]]
    name = "".join(letter for letter in player.name if letter not in '"%\\[]').strip()
    return f"V:{n} clef={sign}" + (f' name="{name}"' if staff is player.staves[0] else "")


def _midi(player: Player) -> list[str]:
    """The directives for the sound of a voice."""
    if not player.drums:
        return [f"%%MIDI program {player.program}"]
    used: set[int] = set()
    for voice in player.staves[0].voices:
        for bar in voice.bars:
            used |= {pitch for symbol in bar.symbols for pitch in symbol.pitches}
    lines = ["%%MIDI channel 10"]
    for drum in sorted(used):
        name = _drum(drum)
        sign = SIGNS[name.alter] if name.alter else ""
        lines.append(f"%%MIDI drummap {sign}{letter_text(name.letter, name.octave)} {drum}")
    return lines


def _drum(drum: int, *_: Key | str) -> Name:
    place = place_of(drum)
    return Name(place.letter, place.alter, place.octave)


def _bar(staff: Staff, upper: Bar, i: int, drums: bool) -> str:
    """Bar `i` of a staff, of which `upper` is the first voice, with the second laid over it by “&”."""
    naming = _drum if drums else spell
    text = bar_text(upper, naming)
    for voice in staff.voices[1:]:
        lower = voice.bars[i]
        if any(symbol.pitch is not None for symbol in lower.symbols):
            text += " & " + bar_text(lower, naming, _altered(upper, drums))
    return text


def _altered(bar: Bar, drums: bool) -> set[str]:
    """The letters with an accidental in a bar."""
    usual = signature(bar.key)
    names = [
        _drum(pitch) if drums else spell(pitch, bar.key, symbol.harmony)
        for symbol in bar.symbols
        for pitch in symbol.pitches
    ]
    return {name.letter for name in names if usual[name.letter] != name.alter}
