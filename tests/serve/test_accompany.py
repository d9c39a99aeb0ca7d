"""A tune with a band, from bytes to files, by the stand-in: names, stems, and a part that is played again."""

import io
import zipfile
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from generation.finish.sound.mp3 import length
from generation.request import Refusal, Request
from generation.serve.pool import WorkerPool
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


async def test_what_cannot_be_accompanied_is_refused(pool: WorkerPool) -> None:
    with pytest.raises(Refusal, match="“Xyz”, at character 5 of the chords"):
        await pool.play(Request(JIG, "jig.abc", accompany="trio", chords="D | Xyz"))
    long = b"X:1\nM:4/4\nL:1/1\nQ:1/4=30\nK:C\n" + b"C|" * 60
    with pytest.raises(Refusal, match="a band accompanies at most 300 s"):
        await pool.play(Request(long, "long.abc", accompany="trio"))


async def test_one_line_has_no_part_to_play_again(pool: WorkerPool) -> None:
    asked = Request(JIG, "jig.abc", seconds=5, formats=("mid",))
    [take] = (await pool.play(asked)).takes
    with pytest.raises(Refusal, match="one part only"):
        await pool.play(Request(**{**vars(asked), "wholes": (take.whole,), "redo": "melody"}))
