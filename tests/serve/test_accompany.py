"""A tune with a band, from bytes to files, by the stand-in: names, stems, and a part that is played again."""

import io
import re
import zipfile
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio

from generation.finish.sound.mp3 import length
from generation.request import Refusal, Request
from generation.serve.pool import WorkerPool
from tests.hostile_bytes import midi, notes, track
from tests.play.test_beside import JIG

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pool() -> AsyncIterator[WorkerPool]:
    async with WorkerPool(1, "echo") as pool:
        yield pool


async def test_a_reply_names_the_band_and_its_stems_are_of_one_length(pool: WorkerPool) -> None:
    asked = Request(JIG, "jig.abc", accompany="trio", chords="D | A7", stems=True, formats=("mp3", "mid", "abc"))
    reply = await pool.play(asked)
    [take] = reply.takes
    assert [str(part) for part in reply.parts] == ["Tune", "Piano", "Bass", "Drums"]
    assert take.new_from == 0.0 and take.chords.startswith("D | A7")
    assert take.parts == ("drums", "bass", "chords", "melody") and [*take.files] == ["mp3", "mid", "abc", "stems"]
    assert b'"A7"' in take.files["abc"]
    stems = zipfile.ZipFile(io.BytesIO(take.files["stems"]))
    assert stems.namelist() == ["1 Tune.mp3", "2 Piano.mp3", "3 Bass.mp3", "4 Drums.mp3"]
    lengths = {round(length(stems.read(name)), 3) for name in stems.namelist()}
    assert len(lengths) == 1 and abs(lengths.pop() - take.seconds) < 8


async def test_the_files_of_a_take_are_made_again_and_one_part_is_played_again(pool: WorkerPool) -> None:
    asked = Request(JIG, "jig.abc", accompany="guitar", formats=("mid",))
    [take] = (await pool.play(asked)).takes
    again = await pool.play(Request(**{**vars(asked), "wholes": (take.whole,)}))
    assert again.takes[0].files == take.files
    other = await pool.play(Request(**{**vars(asked), "wholes": (take.whole,), "redo": "chords", "takes": 2}))
    assert len(other.takes) == 2 and other.takes[0].parts == ("chords", "melody")
    with pytest.raises(Refusal, match="no part that could be played again like this: drums"):
        await pool.play(Request(**{**vars(asked), "wholes": (take.whole,), "redo": "drums"}))


REFUSED = {
    "no chord": ((JIG, "jig.abc"), {"chords": "D | Xyz"}, "“Xyz”, at character 5 of the chords"),
    "the German H": ((JIG, "jig.abc"), {"chords": "D | Hm7"}, "Write B for the German H"),
    "no chord at all": ((JIG, "jig.abc"), {"chords": " | "}, "There is no chord in “ | ”"),
    "too long": ((b"X:1\nM:4/4\nL:1/1\nQ:1/4=30\nK:C\n" + b"C|" * 60, "long.abc"), {}, "at most 300 s"),
    "rests": ((b"X:1\nK:C\nz4|z4|\n", "rests.abc"), {}, "There are no notes in this ABC tune"),
    "a picture": ((b"%PDF-1.4", "tune.pdf"), {}, "This is a picture"),
    "drums alone": ((midi(track(notes([36, 38] * 8, channel=9))), "drums.mid"), {}, "only drums in this file"),
    "no such part": ((JIG, "jig.abc"), {"lead": "Oboe"}, "No part of this file is called “Oboe”"),
}


@pytest.mark.parametrize(("file", "options", "said"), REFUSED.values(), ids=REFUSED)
async def test_what_cannot_be_accompanied_is_refused(
    pool: WorkerPool, file: tuple[bytes, str], options: dict[str, Any], said: str
) -> None:
    with pytest.raises(Refusal, match=re.escape(said)):
        await pool.play(Request(*file, accompany="trio", formats=("mid",), **options))


async def test_drums_are_played_on_but_not_over_chords(pool: WorkerPool) -> None:
    drums = Request(REFUSED["drums alone"][0][0], "drums.mid", seconds=5, formats=("mid",))
    assert (await pool.play(drums)).parts
    with pytest.raises(Refusal, match="only drums in this file"):
        await pool.play(replace(drums, chords="C | G"))


async def test_chords_beyond_the_end_of_the_tune_are_left_out_with_a_remark(pool: WorkerPool) -> None:
    asked = Request(JIG, "jig.abc", accompany="guitar", formats=("mid",))
    exact, longer = "|: D | G | D | A7 :|", "|: D | G | D | A7 :| Bm | E7"
    assert not (await pool.play(replace(asked, chords=exact))).remarks
    reply = await pool.play(replace(asked, chords=longer))
    assert [str(remark) for remark in reply.remarks] == [
        "2 bars of the chords come after the end of the tune, and are left out"
    ]
    assert "Bm" not in reply.takes[0].chords


async def test_one_line_has_no_part_to_play_again(pool: WorkerPool) -> None:
    asked = Request(JIG, "jig.abc", seconds=5, formats=("mid",))
    [take] = (await pool.play(asked)).takes
    with pytest.raises(Refusal, match="one part only"):
        await pool.play(Request(**{**vars(asked), "wholes": (take.whole,), "redo": "melody"}))
