"""The command line's commands and their arguments."""

import argparse
import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NoReturn

from generation.request import ACCOMPANISTS, BANDS, FORMATS, INSTRUMENTS, PARTS, styles


class Parser(argparse.ArgumentParser):
    """Reports an error in one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"encore: {message} (see {self.prog} --help)\n")


def parser(others: Iterable[tuple[str, str]]) -> Parser:
    """The parser of all commands. `others` are (name, help) of commands whose arguments are parsed elsewhere. Arguments
    that belong to a request have the names of `Request`'s fields."""
    every = Parser(
        prog="python -m generation",
        description="A tune goes in, and the music goes on.",
        epilog="ENCORE_DEBUG=1 in the environment shows in full what goes wrong.",
    )
    commands = every.add_subparsers(dest="command", required=True)
    extend = commands.add_parser("extend", help="play on from a MIDI, ABC, MusicXML or kern file, or a recording")
    compose = commands.add_parser("compose", help="play a fresh piece")
    accompany = commands.add_parser("accompany", help="give a tune a band")
    read = commands.add_parser("read", help="show what Encore finds in a file, without making music")
    score = commands.add_parser("score", help="how well the model predicts the notes of a file, in nats")
    _add_input(extend)
    compose.add_argument("--band", default="melody", help=f"who plays, one of {', '.join(BANDS)} (melody)")
    compose.add_argument("--key", help='for example "D minor"')
    compose.add_argument("--tempo", type=float, help="quarter notes a minute")
    compose.add_argument("--meter", help="for example 6/8")
    _add_tune(accompany)
    among = ", ".join(ACCOMPANISTS)
    band = f"who joins it, one of {among} (trio)"
    accompany.add_argument("--band", dest="accompany", metavar="BAND", default="trio", help=band)
    for some in (extend, compose):
        _add_length(some)
    for some in (extend, compose, accompany):
        _add_playing(some)
        _add_output(some)
    for some in (read, score):
        _add_files(some)
        some.add_argument("--json", action="store_true", help="print one JSON object")
    score.add_argument(
        "--from",
        dest="since",
        type=float,
        required=True,
        action="append",
        metavar="SECONDS",
        help="where the notes that count begin; once for all files, or once for each in order",
    )
    score.add_argument("--alone", action="store_true", help="score the same notes as if nothing came before them")
    for command, about in others:
        commands.add_parser(command, help=about, add_help=False)
    return every


def _add_files(to: Parser) -> None:
    to.add_argument("files", nargs="+", type=Path, metavar="FILE")


def _add_tune(to: Parser) -> None:
    """Add the files with a tune, and which of their parts that is."""
    _add_files(to)
    to.add_argument(
        "--part", dest="lead", metavar="PART", default="", help="the part that is the tune: its name or number (found)"
    )


def _add_input(to: Parser) -> None:
    """Add the files to play on from, and how they are taken."""
    _add_tune(to)
    to.add_argument("--parts", default="all", help=f"which parts play on, one of {', '.join(PARTS)} (all)")
    last = "keep only so many bars of the input in the files, counted from its end"
    to.add_argument("--last-bars", type=int, default=0, help=last)
    after = "begin the new music after this bar of the file, counted as in a score (the last)"
    to.add_argument("--after-bar", type=int, default=0, help=after)
    itself = "begin the sound with the recording itself, not with the notes that were heard in it"
    to.add_argument("--recording", action="store_true", help=itself)
    octave = "play the notes heard in a recording so many octaves higher; negative: lower (0)"
    to.add_argument("--octave", type=int, default=0, help=octave)


def _add_length(to: Parser) -> None:
    to.add_argument("--seconds", type=float, default=20, help="length of the new music, 5 to 180 (20)")
    to.add_argument("--bars", type=int, default=0, help="its length in bars instead, 4 to 64")
    to.add_argument("--open-end", action="store_true", help="stop when the time is up, without coming to a close")


def _add_playing(to: Parser) -> None:
    """Add how the new music is to be played."""
    chords = 'chords to play over, such as "Dm7 G7 | C" or "ii V I" (its own)'
    to.add_argument("--chords", default="", help=chords)
    to.add_argument("--takes", type=int, default=1, help="how many answers (1)")
    to.add_argument("--temperature", type=float, default=0.9, help="0.1 plays safe, 2 surprises everybody (0.9)")
    to.add_argument("--top-p", type=float, default=0.97, help="leave out the unlikeliest notes (0.97)")
    seed = "the same seed gives the same notes, on the same kind of processor (random); take N has seed + N"
    to.add_argument("--seed", type=int, help=seed)
    arithmetic = "refuse to play with any other arithmetic than this, as --json names it"
    to.add_argument("--arithmetic", default="", help=arithmetic)
    to.add_argument("--style", default="auto", help=f"one of {', '.join(styles())}")
    to.add_argument("--instrument", default="auto", help=f"auto or one of {', '.join(INSTRUMENTS)}")


def _add_output(to: Parser) -> None:
    """Add what the files hold, which there are, and where they go."""
    to.add_argument("--only-new", action="store_true", help="leave the input out of the sound and the files")
    to.add_argument("--stems", action="store_true", help="an MP3 of each part as well, in a zip")
    to.add_argument("--formats", default=",".join(FORMATS), help=f"some of {','.join(FORMATS)} (all)")
    to.add_argument("--out", type=Path, default=Path(), help="folder for the files (here)")
    to.add_argument("--json", action="store_true", help="print one JSON object")


def separated(arguments: Sequence[str]) -> list[str]:
    """The arguments with `--from 3 4` written as `--from 3 --from 4`, so that a file name may follow."""
    found: list[str] = []
    numbers = -1  # how many have directly followed the last --from; −1 after anything else
    for argument in arguments:
        numbers = 0 if argument == "--from" else numbers + 1 if numbers >= 0 and _is_number(argument) else -1
        found += ["--from", argument] if numbers > 1 else [argument]
    return found


def _is_number(word: str) -> bool:
    try:
        return math.isfinite(float(word))
    except ValueError:
        return False
