"""Make the files of a take: first the sound, on all cores, then the other files while the sound is encoded."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from time import perf_counter
from typing import TypeVar

from generation.finish.sound.synth import Sound

Made = TypeVar("Made")


def make_files(
    formats: Sequence[str],
    sound: Callable[[], Sound],
    encode: Callable[[Sound], bytes],
    others: Mapping[str, Callable[[], bytes]],
    timings: dict[str, float] | None = None,
    stems: Callable[[], bytes] | None = None,
) -> dict[str, bytes]:
    """Format → its bytes, for the formats that were asked for. `timings` is filled with the seconds that each took,
    with rendering (“sound”) apart from MP3. `stems`, if given, makes one more file, under that name."""
    spent = {} if timings is None else timings

    def timed(name: str, make: Callable[[], Made]) -> Made:
        began = perf_counter()
        made = make()
        spent[name] = perf_counter() - began
        return made

    files: dict[str, bytes] = {}
    with ThreadPoolExecutor(1) as beside:
        mp3: Future[bytes] | None = None
        if "mp3" in formats:
            mp3 = beside.submit(timed, "mp3", partial(encode, timed("sound", sound)))
        for name in formats:
            if name != "mp3":
                files[name] = timed(name, others[name])
        if stems is not None:
            files["stems"] = timed("stems", stems)
        if mp3 is not None:
            files["mp3"] = mp3.result()
    return {name: files[name] for name in (*formats, *(("stems",) if stems else ()))}
