"""The command line: the same path as on Discord, without Discord."""

import argparse
import asyncio
import json
import logging
import math
import os
import secrets
import sys
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import asdict, replace
from importlib import import_module
from pathlib import Path
from typing import NoReturn, TypeVar

from generation.request import FORMATS, INSTRUMENTS, Refusal, Reply, Request, styles
from generation.serve.studio import Studio, StudioFault

MAX_BYTES = 5_000_000  # of a file, as `generation.read.file` has it
# Commands that need torch at once: where each has its `add_arguments` and `main`.
WORKSHOP = {
    "gather": "generation.learn.gather",
    "train": "generation.learn.train",
    "train-band": "generation.learn.train_band",
    "evaluate": "generation.judge.evaluate",
    "evaluate-band": "generation.judge.evaluate_band",
    "copying": "generation.learn.copying",
    "predecessor": "generation.judge.baselines.predecessor",
    "bench": "generation.judge.bench",
}
AT_ONCE = 3  # files in work, so that one is rendered while the next is played
Result = TypeVar("Result")


def main(argv: Sequence[str] | None = None) -> int:
    """0: done; 2: a bad request or file; 1: a fault of ours. Errors are a line on stderr."""
    logging.basicConfig(level=logging.DEBUG if os.environ.get("ENCORE_DEBUG") else logging.CRITICAL)
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        if arguments and arguments[0] in WORKSHOP:
            return _workshop(arguments)
        args = _parser().parse_args(arguments)
        return asyncio.run(_score(args) if args.command == "score" else _play(args))
    except Refusal as refusal:
        return _complain(str(refusal), 2)
    except KeyboardInterrupt:
        return 130
    except (StudioFault, OSError) as fault:
        return _complain(str(fault), 1)
    except Exception as error:  # the edge: a line is what a user can use, and says where to look
        where = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{Path(where.filename).name}:{where.lineno}"
        return _complain(f"something of ours went wrong, {type(error).__name__} at {place}: {error}", 1)


def _complain(what: str, code: int) -> int:
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr)
    print(f"encore: {' '.join(what.split())}", file=sys.stderr)
    return code


def _workshop(arguments: list[str]) -> int:
    """train, evaluate and the like: torch is imported only here."""
    command, *rest = arguments
    module = import_module(WORKSHOP[command])
    parser = _Parser(prog=f"python -m generation {command}", description=module.__doc__)
    module.add_arguments(parser)
    code: int = module.main(parser.parse_args(rest))
    return code


class _Parser(argparse.ArgumentParser):
    """Complains in one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"encore: {message} (see {self.prog} --help)\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="python -m generation",
        description="A tune goes in, and the music goes on.",
        epilog="ENCORE_DEBUG=1 in the environment shows in full what goes wrong.",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    extend = commands.add_parser("extend", help="play on from a MIDI, ABC, MusicXML or kern file")
    extend.add_argument("files", nargs="+", type=Path, metavar="FILE")
    compose = commands.add_parser("compose", help="play a fresh piece")
    compose.add_argument("--key", help='such as "D minor"')
    compose.add_argument("--tempo", type=float, help="quarter notes a minute")
    compose.add_argument("--meter", help="such as 6/8")
    for both in (extend, compose):
        both.add_argument("--seconds", type=float, default=20, help="length of the new music, 5 to 180 (20)")
        both.add_argument("--takes", type=int, default=1, help="how many answers (1)")
        both.add_argument("--temperature", type=float, default=0.9, help="0.1 plays safe, 2 surprises everybody (0.9)")
        both.add_argument("--top-p", type=float, default=0.97, help="leave out the unlikeliest notes (0.97)")
        both.add_argument("--seed", type=int, help="the same seed gives the same notes (random); take N has seed + N")
        both.add_argument("--style", default="auto", help=f"one of {', '.join(styles())}")
        both.add_argument("--instrument", default="auto", help=f"auto or one of {', '.join(INSTRUMENTS)}")
        both.add_argument("--only-new", action="store_true", help="leave the input out of the sound and the files")
        both.add_argument("--open-end", action="store_true", help="stop in time, without coming to a close")
        both.add_argument("--formats", default=",".join(FORMATS), help="some of mp3,mid,abc,musicxml,png (all)")
        both.add_argument("--out", type=Path, default=Path(), help="folder for the files (here)")
        both.add_argument("--json", action="store_true", help="print one JSON object")
    score = commands.add_parser("score", help="how well the model foresees the notes of a file, in nats")
    score.add_argument("files", nargs="+", type=Path, metavar="FILE")
    score.add_argument("--from", dest="since", type=float, required=True, help="seconds; notes before are given")
    score.add_argument("--json", action="store_true", help="print one JSON object")
    for command, about in (
        ("train", "train a model"),
        ("train-band", "train a model of several parts"),
        ("evaluate", "judge a checkpoint on held-out tunes"),
        ("evaluate-band", "judge a checkpoint of several parts on held-out scores"),
        ("copying", "what a piece has in common with the tunes learned from"),
        ("predecessor", "train the baseline from before Encore, and compare"),
        ("bench", "measure speed"),
    ):
        commands.add_parser(command, help=about, add_help=False)
    return parser


async def _play(args: argparse.Namespace) -> int:
    wish = Request(
        seconds=args.seconds,
        takes=args.takes,
        temperature=args.temperature,
        top_p=args.top_p,
        seed=secrets.randbelow(2**31) if args.seed is None else args.seed,
        style=args.style,
        instrument=args.instrument,
        only_new=args.only_new,
        open_end=args.open_end,
        formats=_formats(args.formats),
        key=getattr(args, "key", None),
        tempo=getattr(args, "tempo", None),
        meter=getattr(args, "meter", None),
    )
    try:
        args.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Refusal(
            "{folder} cannot be the folder for the files: {why}.", folder=str(args.out), why=str(error.strerror)
        ) from error
    takes: list[dict[str, object]] = []
    timings: dict[str, float] = {}
    if args.command == "compose":
        files, twins = [Path("compose")], set[Path]()
    else:
        files = list(dict.fromkeys(args.files))
        twins = _twins(files)

    async with Studio(crafts=min(2, max(args.takes, len(files))), quiet=not os.environ.get("ENCORE_DEBUG")) as studio:

        async def play(file: Path) -> Reply:
            if file in twins:
                raise Refusal("Another file has the same name, and its takes would be lost. Give this one its own run.")
            request = wish if args.command == "compose" else replace(wish, data=_bytes(file), filename=file.name)
            return await studio.play(request, _bar(file))

        codes: list[int] = []
        async for file, reply in _each(files, play, codes):
            written = _write(reply, args.out, file.stem)
            takes += [{"input": str(file), **take} for take in written] if args.command == "extend" else written
            for stage, seconds in reply.timings.items():
                timings[stage] = round(timings.get(stage, 0.0) + seconds, 3)
            if not args.json:
                _say(reply, written)
    if args.json:
        print(json.dumps({"takes": takes, "timings": timings}))
    return _worst(codes)


def _formats(text: str) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(name.strip().lower() for name in text.split(",") if name.strip()))
    if not names:
        raise Refusal("No format is asked for. Choose from: {formats}.", formats=", ".join(FORMATS))
    return names


def _twins(files: Sequence[Path]) -> set[Path]:
    """Files whose takes would have the names of an earlier one's."""
    first: dict[str, Path] = {}
    return {file for file in files if first.setdefault(file.stem, file) is not file}


async def _each(
    files: Sequence[Path], work: Callable[[Path], Awaitable[Result]], codes: list[int]
) -> AsyncIterator[tuple[Path, Result]]:
    """Work on a few files at once and give what comes of them, in their order; complain of those that fail."""
    room = asyncio.Semaphore(AT_ONCE)

    async def one(file: Path) -> Result:
        async with room:
            return await work(file)

    tasks = [asyncio.create_task(one(file)) for file in files]
    try:
        for file, task in zip(files, tasks, strict=True):
            try:
                result = await task
            except (Refusal, StudioFault) as error:
                codes.append(_complain(f"{file}: {error}", 2 if isinstance(error, Refusal) else 1))
                continue
            if sys.stderr.isatty():
                print("\r\033[K", end="", file=sys.stderr)
            yield file, result
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _worst(codes: Sequence[int]) -> int:
    """A fault of ours counts more than a bad file."""
    return min(codes, default=0)


def _bytes(file: Path) -> bytes:
    """What is in a file; `Refusal` if it cannot be read or is larger than any melody."""
    try:
        with file.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        raise Refusal("It cannot be read: {why}.", why=str(getattr(error, "strerror", None) or error)) from error
    if len(data) > MAX_BYTES:
        raise Refusal(
            "This file has more than {limit} bytes, which is the limit. Send a shorter piece.", limit=MAX_BYTES
        )
    return data


def _bar(file: Path) -> "_Bar | None":
    return _Bar(file.name) if sys.stderr.isatty() else None


class _Bar:
    """Progress of the playing on one line of a terminal."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, share: float) -> None:
        print(f"\r{self.name}  {'▪' * round(share * 20):20}  {share:4.0%}", end="", file=sys.stderr, flush=True)


def _write(reply: Reply, out: Path, stem: str) -> list[dict[str, object]]:
    """Write the files of every take; what `--json` says of them."""
    described: list[dict[str, object]] = []
    for number, take in enumerate(reply.takes, 1):
        paths = {name: out / f"{stem}-take{number}.{name}" for name in take.files}
        for name, data in take.files.items():
            paths[name].write_bytes(data)
        facts = {name: value for name, value in asdict(take).items() if name != "files"}
        described.append({**facts, "files": {name: str(path) for name, path in paths.items()}})
    return described


def _say(reply: Reply, takes: Sequence[dict[str, object]]) -> None:
    about = f"{reply.key}, {reply.metre or 'free metre'}, {reply.tempo:g} quarter notes a minute, {reply.instrument}"
    print("; ".join([about, *([f"melody: {reply.source}"] if reply.source else []), *map(str, reply.remarks)]))
    for take in takes:
        files = take["files"]
        assert isinstance(files, dict)
        print(
            f"  seed {take['seed']}: {take['notes']} new notes from {take['new_from']} s: {', '.join(files.values())}"
        )


async def _score(args: argparse.Namespace) -> int:
    if not (math.isfinite(args.since) and args.since >= 0):
        raise Refusal("--from is {seconds}; it must be seconds from the beginning, 0 or more.", seconds=args.since)
    described: list[dict[str, object]] = []
    codes: list[int] = []
    async with Studio(crafts=1, quiet=not os.environ.get("ENCORE_DEBUG")) as studio:

        async def score(file: Path) -> dict[str, int | float | None]:
            return await studio.score(Request(data=_bytes(file), filename=file.name), args.since)

        async for file, nats in _each(args.files, score, codes):
            notes = nats.pop("notes")
            described.append({"file": str(file), "notes": notes, "nats": nats})
            if not args.json:
                words = ", ".join(f"{part} {value:.3f}" for part, value in nats.items() if value is not None)
                print(f"{file}: {notes} notes" + (f", nats per note: {words}" if notes else " at or after that"))
    if args.json:
        print(json.dumps({"files": described}))
    return _worst(codes)


if __name__ == "__main__":
    sys.exit(main())
