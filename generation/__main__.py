"""The command line: the same path as on Discord, without Discord."""

import argparse
import asyncio
import json
import logging
import secrets
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from importlib import import_module
from pathlib import Path

from generation.request import FORMATS, INSTRUMENTS, STYLES, Refusal, Reply, Request
from generation.studio import Studio, StudioFault


def main(argv: Sequence[str] | None = None) -> int:
    """0: done; 2: a bad request or file; 1: a fault of ours. Errors are a line on stderr."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        return _run(arguments)
    except Refusal as refusal:
        print(f"encore: {refusal}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    except (StudioFault, OSError) as fault:
        print(f"encore: {fault}", file=sys.stderr)
        return 1


def _run(arguments: list[str]) -> int:
    if arguments[:1] in (["train"], ["evaluate"], ["bench"]):
        return _workshop(arguments)
    args = _parser().parse_args(arguments)
    if args.command == "score":
        return asyncio.run(_score(args.files, args.since, args.json))
    files = args.files if args.command == "extend" else [None]
    return asyncio.run(_play(args, files))


def _workshop(arguments: list[str]) -> int:
    """train, evaluate, bench: torch is imported only here."""
    command, *rest = arguments
    module = import_module(f"generation.{command}")
    parser = argparse.ArgumentParser(prog=f"python -m generation {command}", description=module.__doc__)
    module.add_arguments(parser)
    code: int = module.main(parser.parse_args(rest))
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m generation", description="A tune goes in, and the music goes on.")
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
        both.add_argument("--style", default="auto", help=f"one of {', '.join(STYLES)}")
        both.add_argument("--instrument", default="auto", help=f"auto or one of {', '.join(INSTRUMENTS)}")
        both.add_argument("--only-new", action="store_true", help="leave the input out of the sound and the files")
        both.add_argument("--formats", default=",".join(FORMATS), help="some of mp3,mid,abc,musicxml,png (all)")
        both.add_argument("--out", type=Path, default=Path(), help="folder for the files (here)")
        both.add_argument("--json", action="store_true", help="print one JSON object")
    score = commands.add_parser("score", help="how well the model foresees the notes of a file, in nats")
    score.add_argument("files", nargs="+", type=Path, metavar="FILE")
    score.add_argument("--from", dest="since", type=float, required=True, help="seconds; notes before are given")
    score.add_argument("--json", action="store_true", help="print one JSON object")
    for command, about in (
        ("train", "train a model"),
        ("evaluate", "judge a checkpoint on held-out tunes"),
        ("bench", "measure speed"),
    ):
        commands.add_parser(command, help=about, add_help=False)
    return parser


async def _play(args: argparse.Namespace, files: Sequence[Path | None]) -> int:
    wish = Request(
        seconds=args.seconds,
        takes=args.takes,
        temperature=args.temperature,
        top_p=args.top_p,
        seed=secrets.randbelow(2**31) if args.seed is None else args.seed,
        style=args.style,
        instrument=args.instrument,
        only_new=args.only_new,
        formats=tuple(name.strip() for name in args.formats.split(",") if name.strip()),
        key=getattr(args, "key", None),
        tempo=getattr(args, "tempo", None),
        meter=getattr(args, "meter", None),
    )
    takes: list[dict[str, object]] = []
    timings: dict[str, float] = {}
    wrong = 0
    args.out.mkdir(parents=True, exist_ok=True)
    async with Studio(crafts=min(2, args.takes)) as studio:
        for file in files:
            try:
                request = wish if file is None else replace(wish, data=_bytes(file), filename=file.name)
                reply = await studio.play(request, _bar(file))
            except Refusal as refusal:
                print(f"encore: {file or 'compose'}: {refusal}", file=sys.stderr)
                wrong += 1
                continue
            finally:
                if sys.stderr.isatty():
                    print("\r\033[K", end="", file=sys.stderr)
            written = _write(reply, args.out, file)
            takes += written
            for stage, seconds in reply.timings.items():
                timings[stage] = round(timings.get(stage, 0.0) + seconds, 3)
            if not args.json:
                _say(reply, written)
    if args.json:
        print(json.dumps({"takes": takes, "timings": timings}))
    return 2 if wrong else 0


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise Refusal(f"It cannot be read: {error.strerror or error}.") from error


def _bar(file: Path | None) -> "_Bar | None":
    return _Bar(file.name if file else "a fresh piece") if sys.stderr.isatty() else None


class _Bar:
    """Progress of the playing on one line of a terminal."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, share: float) -> None:
        print(f"\r{self.name}  {'▪' * round(share * 20):20}  {share:4.0%}", end="", file=sys.stderr, flush=True)


def _write(reply: Reply, out: Path, file: Path | None) -> list[dict[str, object]]:
    """Write the files of every take; what `--json` says of them."""
    stem = file.stem if file else "compose"
    described: list[dict[str, object]] = []
    for number, take in enumerate(reply.takes, 1):
        paths = {name: out / f"{stem}-take{number}.{name}" for name in take.files}
        for name, data in take.files.items():
            paths[name].write_bytes(data)
        facts = {name: value for name, value in asdict(take).items() if name != "files"}
        extra = {"input": str(file)} if file else {}
        described.append({**extra, **facts, "files": {name: str(path) for name, path in paths.items()}})
    return described


def _say(reply: Reply, takes: Sequence[dict[str, object]]) -> None:
    about = f"{reply.key}, {reply.metre or 'free metre'}, {reply.tempo:g} quarter notes a minute, {reply.instrument}"
    print(about + (f"; melody: {reply.source}" if reply.source else ""))
    for take in takes:
        files = take["files"]
        assert isinstance(files, dict)
        print(
            f"  seed {take['seed']}: {take['notes']} new notes from {take['new_from']} s: {', '.join(files.values())}"
        )


async def _score(files: Sequence[Path], since: float, as_json: bool) -> int:
    described, wrong = [], 0
    async with Studio(crafts=1) as studio:
        for file in files:
            try:
                nats = await studio.score(Request(data=_bytes(file), filename=file.name), since)
            except Refusal as refusal:
                print(f"encore: {file}: {refusal}", file=sys.stderr)
                wrong += 1
                continue
            notes = nats.pop("notes")
            described.append({"file": str(file), "notes": notes, "nats": nats})
            if not as_json:
                words = ", ".join(f"{part} {value:.3f}" for part, value in nats.items() if value is not None)
                print(f"{file}: {notes} notes, nats per note: {words}")
    if as_json:
        print(json.dumps({"files": described}))
    return 2 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
