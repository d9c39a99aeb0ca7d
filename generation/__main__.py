"""The command line: the same path as on Discord, without Discord."""

import argparse
import asyncio
import json
import logging
import math
import os
import secrets
import shutil
import sys
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import fields, replace
from functools import partial
from importlib import import_module
from itertools import cycle
from pathlib import Path
from typing import TypeVar

from generation.request import FORMATS, Refusal, Request
from generation.serve.arguments import Parser, parser, separated
from generation.serve.console import bar, clear, complain, facts, say, write
from generation.serve.pool import WorkerFault, WorkerPool

MAX_BYTES = 5_000_000  # of a file, the same limit as in `generation.read.file`
# Commands with much to import → the module with their `add_arguments` and `main`, and their help.
WORKSHOP = {
    "gather": ("generation.learn.gather", "turn downloaded collections into the archives to train from"),
    "train": ("generation.learn.train", "train a model"),
    "train-band": ("generation.learn.train_band", "train a model of several parts"),
    "evaluate": ("generation.judge.evaluate", "judge a checkpoint on held-out tunes"),
    "evaluate-band": ("generation.judge.evaluate_band", "judge a checkpoint of several parts on held-out scores"),
    "evaluate-accompany": ("generation.judge.evaluate_accompany", "judge how tunes are accompanied"),
    "evaluate-hum": ("generation.judge.evaluate_hum", "judge how well recordings are transcribed"),
    "train-harmony": ("generation.learn.train_harmony", "learn which chords go under tunes"),
    "train-metre": ("generation.learn.train_metre", "count which rhythms are usual in each metre"),
    "copying": ("generation.learn.copying", "find what a piece has in common with the training tunes"),
    "copying-band": ("generation.learn.copying_band", "find what a piece has in common with the training scores"),
    "predecessor": ("generation.judge.baselines.predecessor", "train the baseline that preceded Encore, and compare"),
    "bench": ("generation.judge.bench", "measure speed"),
    "serve": ("generation.serve.serving", "play for bots on other machines, by NATS"),
}
AT_ONCE = 3  # files in progress, so that one is rendered while the next is sampled
# A request's fields that are arguments of the same name; whom it accompanies is filled in with the file.
ASKED = {field.name for field in fields(Request)} - {"accompany"}
Result = TypeVar("Result")
Asked = list[tuple[Path, Request]]


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command. Returns 0 if everything is done, 2 for a bad request or file, 1 for a fault of ours; an error is
    one line on standard error."""
    logging.basicConfig(level=logging.DEBUG if os.environ.get("ENCORE_DEBUG") else logging.CRITICAL)
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        if arguments and arguments[0] in WORKSHOP:
            return _workshop(arguments)
        others = [(name, about) for name, (_, about) in WORKSHOP.items()]
        args = parser(others).parse_args(separated(arguments))
        if args.command == "read":
            return _read(args)
        return asyncio.run(_score(args) if args.command == "score" else _play(args))
    except Refusal as refusal:
        return complain(str(refusal), 2)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # the reader of our output has gone, as with `| head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (WorkerFault, OSError) as fault:
        return complain(str(fault), 1)
    except Exception as error:  # the edge: one line for the user, with the place for us to look at
        where = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{Path(where.filename).name}:{where.lineno}"
        return complain(f"something of ours went wrong, {type(error).__name__} at {place}: {error}", 1)


def _workshop(arguments: list[str]) -> int:
    """Run one of `WORKSHOP`; what it needs is imported only here."""
    command, *rest = arguments
    module = import_module(WORKSHOP[command][0])
    own = Parser(prog=f"python -m generation {command}", description=module.__doc__)
    module.add_arguments(own)
    code: int = module.main(own.parse_args(rest))
    return code


def _read(args: argparse.Namespace) -> int:
    """Show the contents of files; music21 is imported only here."""
    from generation.read.file import read
    from generation.read.show import lines, plain

    described: list[dict[str, object]] = []
    codes: list[int] = []
    for file in dict.fromkeys(args.files):
        try:
            reading = read(_bytes(file), file.name, drums=True)
        except Refusal as refusal:
            codes.append(complain(f"{file}: {refusal}", 2))
            continue
        described.append({"file": str(file), **plain(reading)})
        if not args.json:
            print(f"{file}:", *lines(reading, shutil.get_terminal_size().columns), "", sep="\n")
    if args.json:
        print(json.dumps({"files": described}))
    return _worst(codes)


async def _play(args: argparse.Namespace) -> int:
    said = {name: value for name, value in vars(args).items() if name in ASKED}
    seed = secrets.randbelow(2**31) if args.seed is None else args.seed
    common = Request(**said | {"seed": seed, "formats": _formats(args.formats)})
    try:
        args.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Refusal(
            "{folder} cannot be the folder for the files: {why}.", folder=str(args.out), why=str(error.strerror)
        ) from error
    takes: list[dict[str, object]] = []
    inputs: list[dict[str, object]] = []
    timings: dict[str, float] = {}
    codes: list[int] = []
    extends = args.command != "compose"
    asked = [(Path("compose"), common)]
    if extends:
        asked = _listened(args.files, common, getattr(args, "accompany", ""), codes)
    if asked:
        async with _pool(min(2, max(args.takes, len(asked)))) as pool:
            jobs = [(file, partial(pool.play, request, bar(file))) for file, request in asked]
            async for file, reply in _each(jobs, codes):
                written = write(reply, args.out, file.stem)
                takes += [{"input": str(file), **take} for take in written] if extends else written
                inputs.append({"input": str(file), **facts(reply)})
                for stage, seconds in reply.timings.items():
                    timings[stage] = round(timings.get(stage, 0.0) + seconds, 3)
                if not args.json:
                    say(reply, written)
    if args.json:
        print(json.dumps({"takes": takes, "timings": timings, **({"inputs": inputs} if extends else {})}))
    return _worst(codes)


async def _score(args: argparse.Namespace) -> int:
    for since in args.since:
        if not (math.isfinite(since) and since >= 0):
            raise Refusal("--from is {seconds}; it must be seconds from the beginning, 0 or more.", seconds=since)
    if len(args.since) not in (1, len(args.files)):
        raise Refusal(
            "--from is given {times} times for {files} files. Give it once for all of them, or once for each.",
            times=len(args.since),
            files=len(args.files),
        )
    from generation.read.file import read

    described: list[dict[str, object]] = []
    codes: list[int] = []
    asked: list[tuple[Path, Request, float]] = []
    for file, since in zip(args.files, cycle(args.since), strict=False):
        good = _good([file], Request(), lambda request: read(request.data or b"", request.filename), codes)
        asked += [(*found, since) for found in good]
    if asked:
        async with _pool(1) as pool:
            jobs = [(file, partial(pool.score, request, since, args.alone)) for file, request, since in asked]
            async for file, nats in _each(jobs, codes):
                notes = nats.pop("notes")
                described.append({"file": str(file), "notes": notes, "nats": nats})
                if not args.json:
                    words = ", ".join(f"{part} {value:.3f}" for part, value in nats.items() if value is not None)
                    print(f"{file}: {notes} notes" + (f", nats per note: {words}" if notes else " at or after that"))
    if args.json:
        print(json.dumps({"files": described}))
    return _worst(codes)


def _pool(renderers: int) -> WorkerPool:
    return WorkerPool(renderers=renderers, quiet=not os.environ.get("ENCORE_DEBUG"))


def _listened(files: Sequence[Path], common: Request, band: str, codes: list[int]) -> Asked:
    """The files that can be played on from, or accompanied by a `band`, with their requests; music21 is imported only
    here."""
    from generation.serve.listen import listen

    first: dict[str, Path] = {}
    alone = [file for file in dict.fromkeys(files) if first.setdefault(file.stem, file) is file]
    asked = _good(alone, common, listen, codes, band)
    for file in dict.fromkeys(files):
        if file not in alone:
            same = "another file has the same name, and its takes would be lost. Give this one its own run."
            codes.append(complain(f"{file}: {same}", 2))
    return asked


def _good(
    files: Sequence[Path], common: Request, check: Callable[[Request], object], codes: list[int], band: str = ""
) -> Asked:
    """The files that pass a check, with their requests; reports the others. Needs no worker process."""
    asked = []
    for file in files:
        try:
            request = replace(common, data=_bytes(file), filename=file.name, accompany=band)
            check(request)
            asked.append((file, request))
        except Refusal as refusal:
            codes.append(complain(f"{file}: {refusal}", 2))
    return asked


async def _each(
    jobs: Sequence[tuple[Path, Callable[[], Awaitable[Result]]]], codes: list[int]
) -> AsyncIterator[tuple[Path, Result]]:
    """Do a few jobs at once and yield (file, result) in their order; report those that fail."""
    room = asyncio.Semaphore(AT_ONCE)

    async def one(work: Callable[[], Awaitable[Result]]) -> Result:
        async with room:
            return await work()

    tasks = [asyncio.create_task(one(work)) for _, work in jobs]
    try:
        for (file, _), task in zip(jobs, tasks, strict=True):
            try:
                result = await task
            except (Refusal, WorkerFault) as error:
                codes.append(complain(f"{file}: {error}", 2 if isinstance(error, Refusal) else 1))
                continue
            clear()
            yield file, result
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _worst(codes: Sequence[int]) -> int:
    """The exit code for several files: a fault of ours (1) outranks a bad file (2)."""
    return min(codes, default=0)


def _formats(text: str) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(name.strip().lower() for name in text.split(",") if name.strip()))
    if not names:
        raise Refusal("No format is asked for. Choose from: {formats}.", formats=", ".join(FORMATS))
    return names


def _bytes(file: Path) -> bytes:
    """The contents of a file. Raises `Refusal` if it cannot be read or has more than `MAX_BYTES`."""
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


if __name__ == "__main__":
    sys.exit(main())
