"""A score as a player of a transposing instrument reads it: a clarinet in B flat a tone above what sounds."""

import re
from dataclasses import replace

from generation.finish.paper.notate import Bar, Score
from generation.music.key import Key, fifths
from generation.music.spell import written_key

Interval = tuple[int, int]  # diatonic steps and semitones
CONCERT: Interval = (0, 0)
TONES = re.compile(r"^[A-G][b#]*|(?<=/)[A-G][b#]*")  # root and bass of a chord symbol


def as_read(score: Score, sounds: Interval) -> Score:
    """The score for an instrument that sounds higher than it is written, by `sounds`; lower if negative."""
    if sounds == CONCERT:
        return score
    up = -(7 * sounds[1] - 12 * sounds[0])  # along the line of fifths
    return replace(score, bars=tuple(_bar(bar, up, sounds[1]) for bar in score.bars))


def _bar(bar: Bar, up: int, semitones: int) -> Bar:
    def read(pitch: int) -> int:
        return min(max(pitch - semitones, 0), 127)

    def named(chord: str) -> str:
        return TONES.sub(lambda m: _moved(m[0], up), chord)

    symbols = tuple(
        symbol
        if symbol.pitch is None
        else replace(
            symbol, pitch=read(symbol.pitch), others=tuple(map(read, symbol.others)), harmony=named(symbol.harmony)
        )
        for symbol in bar.symbols
    )
    key = written_key(Key(_moved(bar.key.tonic, up), bar.key.mode))
    chords = tuple((at, named(name)) for at, name in bar.signs.chords)
    return replace(bar, symbols=symbols, key=key, signs=replace(bar.signs, chords=chords))


def _moved(tone: str, up: int) -> str:
    """The name of the tone `up` fifths higher, with no more than one accidental."""
    position = fifths(tone) + up
    position = (position + 7) % 12 - 7 if not -8 < position < 13 else position
    accidentals, letter = divmod(position + 1, 7)
    return "FCGDAEB"[letter] + ("#" * accidentals if accidentals > 0 else "b" * -accidentals)
