"""Full scores from each kind of source, and training on them; the files here are made up for the purpose."""

import argparse
import json
import lzma
from pathlib import Path

import numpy as np
import pytest
from defusedxml import ElementTree

from generation.judge import evaluate_band
from generation.learn import full_corpus, train_band
from generation.learn.datasets import bands, chorales, kern, lilypond, musicxml
from generation.model import band, band_checkpoint, chords, memorised_lines
from generation.model.encode_band import encode
from generation.model.full_score import FullScore, PartOf
from generation.music.key import Key
from generation.request import STYLES, Refusal

KERN = """!!!OTL: made up
**kern\t**kern\t**text
*Ipiano\t*Ivox\t*
*k[b-]\t*k[b-]\t*
*F:\t*F:\t*
*M3/4\t*M3/4\t*
*MM90\t*MM90\t*
4F\t4cc\tAh
=1\t=1\t=1
*^\t*\t*
2.C\t4A 4c\t4ff\t.
.\t8qg\t8qgg\t.
.\t[4Bn\t(8.ee\t.
.\t.\t16dd)\t.
.\t4B]\t6cc\t.
.\t.\t12cc#\t.
*v\t*v\t*\t*
=2\t=2\t=2
2.Fyy\t2.r\t.
==\t==\t==
*-\t*-\t*-
"""


def test_kern_with_staves_that_split_ties_tuplets_and_grace_notes(tmp_path: Path):
    (tmp_path / "song.krn").write_text(KERN)
    [(name, score)] = kern.scores(tmp_path)
    assert (name, score.key, score.metre, score.tempo) == ("song", Key("F", "major"), (3, 4), 90.0)
    assert score.bars == ((-2.0, 3.0),)  # a pickup of a quarter
    assert [(part.role, part.family) for part in score.parts] == [("lead", 6), ("chords", 0)]
    voice, piano = ([(round(o * 12), round(d * 12), p) for o, d, p in notes_of(score, i)] for i in (0, 1))
    assert voice == [(0, 12, 72), (12, 12, 77), (24, 9, 76), (33, 3, 74), (36, 8, 72), (44, 4, 73)]
    assert piano == [(0, 12, 53), (12, 12, 57), (12, 12, 60), (12, 36, 48), (24, 24, 59), (48, 36, 53)]


def notes_of(score: FullScore, part: int) -> list[tuple[float, float, int]]:
    here = score.part == part
    return sorted(zip(score.onset[here], score.duration[here], score.pitch[here].tolist(), strict=True))


XML = """<score-partwise><part-list><score-part id="a"><part-name>Clarinet in Bb</part-name></score-part>
<score-part id="b"><part-name>Piano</part-name></score-part></part-list>
<part id="a"><measure><attributes><divisions>2</divisions><key><fifths>2</fifths></key>
<time><beats>2</beats><beat-type>4</beat-type></time><transpose><chromatic>-2</chromatic></transpose></attributes>
<harmony><root><root-step>B</root-step><root-alter>-1</root-alter></root><kind>dominant</kind></harmony>
<sound tempo="80"/><note><pitch><step>D</step><octave>5</octave></pitch><duration>4</duration><tie type="start"/></note>
</measure><measure><note><pitch><step>D</step><octave>5</octave></pitch><duration>2</duration><tie type="stop"/></note>
<note><grace/><pitch><step>A</step><octave>5</octave></pitch></note><note><rest/><duration>2</duration></note></measure></part>
<part id="b"><measure><attributes><divisions>1</divisions><key><fifths>0</fifths></key></attributes>
<note><pitch><step>C</step><octave>5</octave></pitch><duration>2</duration><staff>1</staff></note>
<note><chord/><pitch><step>G</step><octave>4</octave></pitch><duration>2</duration><staff>1</staff></note>
<backup><duration>2</duration></backup>
<note><pitch><step>C</step><octave>3</octave></pitch><duration>1</duration><staff>2</staff></note></measure></part>
</score-partwise>"""


def test_musicxml_with_transposing_instruments_two_staves_and_chord_symbols():
    score = musicxml.score(ElementTree.fromstring(XML))
    assert (score.key, score.metre, score.tempo, score.bars) == (Key("C", "major"), (2, 4), 80.0, ((0.0, 2.0),))
    assert [part.family for part in score.parts] == [8, 0, 0]
    assert [notes_of(score, i) for i in range(3)] == [
        [(0, 3, 72)], [(0, 2, 67), (0, 2, 72)], [(0, 1, 48)],
    ]  # fmt: skip
    assert score.chords == ((0.0, band.chord_value(8, "7")),)


def midi(tracks: list[bytes]) -> bytes:
    """A file of tracks of events, 24 ticks a quarter."""
    chunks = b"".join(b"MTrk" + (len(t) + 4).to_bytes(4) + t + b"\0\xff\x2f\0" for t in tracks)
    return b"MThd" + (6).to_bytes(4) + (1).to_bytes(2) + len(tracks).to_bytes(2) + (24).to_bytes(2) + chunks


def struck(channel: int, pitch: int, velocity: int = 80, length: int = 12, rest: int = 12) -> bytes:
    """A note with running status, and a rest."""
    return bytes([0, 0x90 | channel, pitch, velocity, length, pitch, 0, rest, 0xB0 | channel, 7, 100])


def test_a_sequenced_band_keeps_its_instruments_and_drums(tmp_path: Path):
    (tmp_path / "musics").mkdir()
    clock = b"\0\xff\x51\x03" + (500_000).to_bytes(3) + b"\0\xff\x58\x04\x04\x02\x18\x08"
    guitar = bytes([0, 0xC0, 29]) + b"".join(struck(0, 64, 60 + i) for i in range(8))
    bass = bytes([0, 0xC1, 33]) + b"".join(struck(1, 40) for _ in range(8))
    drums = b"".join(struck(9, 36) for _ in range(8))
    (tmp_path / "musics" / "loud.mid").write_bytes(midi([clock, guitar, bass, drums]))
    [(name, score)] = bands.bands(tmp_path)
    assert (name, score.metre, score.tempo) == ("loud", (4, 4), 120.0)
    assert [(p.role, p.family, p.dynamics) for p in score.parts] == [
        ("lead", 3, True), ("bass", 4, False), ("drums", 16, False),
    ]  # fmt: skip
    assert [notes_of(score, i)[1][:2] for i in range(3)] == [(1.0, 0.5)] * 3
    rows = encode(score, keyed=False).encoded.rows
    assert rows[1:4, band.VALUE].tolist() == [64, 40, band.drum_value(np.array([36]))[0]]


def test_a_pianists_rubato_is_deviation_from_the_written_grid(tmp_path: Path):
    (tmp_path / "midis").mkdir()
    hold = b"".join(
        b"\0\xff\x51\x03" + (500_000 if i % 4 else 700_000).to_bytes(3) + struck(0, 60 + i % 5) for i in range(24)
    )
    (tmp_path / "midis" / "free.mid").write_bytes(midi([hold]))
    [(_, score)] = bands.pianists(tmp_path)
    rows = encode(score).encoded.rows[1:]
    assert (rows[:, band.TICK] == np.arange(24) * 24).all()
    assert len(np.unique(rows[:, band.DEVIATION])) > 3 and score.parts[0].timing
    assert (rows[:-1, band.DURATION] == 24).all() or (rows[:-1, band.DURATION] == 12).all()


def test_hymns_have_four_voices_from_a_book_or_a_file(tmp_path: Path):
    (tmp_path / "ftp" / "x").mkdir(parents=True)
    blocks = [
        r"{ \time 3/4 \partial 4 { \key g \major " + f"{p}4 {p}2 {p}4 {p}2" + " } }" for p in ("g''", "d''", "b'", "g")
    ]
    names = ("Soprano", "Alto", "Tenor", "Bass")
    book = "".join(f"{n} = {{\n% one.ly\n{b}\n}}" for n, b in zip(names, blocks, strict=True))
    (tmp_path / "hymnproject.ly").write_text(book)
    file = "\n".join(f"{n} = {b}" for n, b in zip(("sop", "alt", "ten", "bas"), blocks, strict=True))
    (tmp_path / "ftp" / "x" / "two.ly").write_text(file)
    found = dict(lilypond.scores(tmp_path))
    assert list(found) == ["hymnproject.ly#one.ly", "ftp/x/two.ly"]
    for score in found.values():
        assert [part.role for part in score.parts] == ["lead", "second", "second", "bass"]
        assert (score.bars, score.key) == (((-2.0, 3.0),), Key("G", "major"))
        assert notes_of(score, 3) == [(0.0, 1.0, 55), (1.0, 2.0, 55), (3.0, 1.0, 55), (4.0, 2.0, 55)]


def test_chorales_are_four_voices_of_notes_that_last():
    frames = np.array([[72, 67, 64, 48]] * 4 + [[72, 65, 62, -1]] * 2)
    score = chorales.score(frames)
    assert [notes_of(score, i) for i in range(4)] == [
        [(0.0, 1.5, 72)], [(0.0, 1.0, 67), (1.0, 0.5, 65)], [(0.0, 1.0, 64), (1.0, 0.5, 62)], [(0.0, 1.0, 48)],
    ]  # fmt: skip


@pytest.fixture
def archives(tmp_path: Path) -> Path:
    """A data folder with one set, the chorales, and its splits."""
    folder = tmp_path / "data"
    folder.mkdir()
    rng = np.random.default_rng(0)
    pieces = {
        split: [[[int(p) for p in 60 + rng.integers(0, 12) - np.array([0, 5, 9, 20])]] * 2 * 1 + [[64, 60, 55, 48]] * 4
                for _ in range(4)] for split in ("train", "valid", "test")
    }  # fmt: skip
    pieces = {split: [piece * 6 for piece in some] for split, some in pieces.items()}
    (folder / "jsb_chorales.json.xz").write_bytes(lzma.compress(json.dumps(pieces).encode()))
    rows = [f"jsb\t{split}-{i}\t{split}\tjsb\tg{split}{i}" for split in pieces for i in range(4)]
    (folder / "splits_poly.tsv").write_text("set\tid\tsplit\tkind\tgroup\n" + "\n".join(rows) + "\n")
    return folder


CONFIG = """
sets = ["jsb"]
minutes = 0.02
rows = 256
check = 400
threads = 1
device = "cpu"
[sizes]
width = 24
heads = 2
layers = 1
"""


def run(archives: Path, *flags: str) -> Path:
    config, out = archives.parent / "run.toml", archives.parent / "run"
    config.write_text(CONFIG)
    parser = argparse.ArgumentParser()
    train_band.add_arguments(parser)
    places = ["--data", str(archives), "--out", str(out), "--cache", str(archives.parent / "cache")]
    assert train_band.main(parser.parse_args(["--config", str(config), *places, *flags])) == 0
    return out / "model.safetensors"


def test_scores_are_learned_a_stopped_run_goes_on_and_is_judged_beside_the_3_gram(archives: Path, capsys):
    weights = run(archives)
    card = json.loads(weights.with_suffix(".json").read_text())
    spent = json.loads(weights.with_name("last.json").read_text())["seconds"] / 60
    run(archives, "--minutes", str(spent + 0.02))  # so that there is time left, however busy the machine
    assert "going on after" in capsys.readouterr().out
    assert json.loads(weights.with_name("last.json").read_text())["rows"] > card["rows_seen"]
    parser = argparse.ArgumentParser()
    evaluate_band.add_arguments(parser)
    places = ["--data", str(archives), "--cache", str(archives.parent / "cache"), "--sets", "jsb"]
    figures = archives.parent / "figures.json"
    itself = ["--beside", str(weights)]  # a mixture that changes nothing
    assert evaluate_band.main(parser.parse_args([str(weights), *itself, *places, "--json", str(figures)])) == 0
    judged = json.loads(figures.read_text())
    row = judged["nats"]["jsb"]
    assert judged["card"][0]["bar"] == 1.70, "that of a model which learned from the chorales alone"
    assert row["works"] == 4 and 0 < row["3-gram"] < 20 and row["frame"] > 0
    assert row["model"] * row["rows"] == pytest.approx(row["frame"] * 4 * 36)


def test_a_folder_of_anybodys_files_is_learned(tmp_path: Path, capsys):
    folder = tmp_path / "tunes"
    (folder / "deeper").mkdir(parents=True)
    (folder / "lead.abc").write_text("X:1\nM:3/4\nL:1/4\nK:G\nGBd|cAc|FAd|G3|GBd|cAc|FAd|G3|\n")
    (folder / "song.musicxml").write_text(XML)
    drums = b"".join(struck(9, 36) for _ in range(40))
    (folder / "deeper" / "band.mid").write_bytes(midi([b"".join(struck(0, 60 + i % 5) for i in range(40)), drums]))
    (folder / "broken.mid").write_bytes(b"MThd nonsense")
    works = {work.id: work for work in full_corpus.load(folder, tmp_path / "cache")}
    assert set(works) == {"lead.abc", "song.musicxml", "deeper/band.mid"}
    assert "left out 1 of 4 files:\n  broken.mid: " in capsys.readouterr().err
    lead, song, played = (works[name].score for name in ("lead.abc", "song.musicxml", "deeper/band.mid"))
    assert (lead.key, lead.metre, lead.bars[0]) == (Key("G", "major"), (3, 4), (0.0, 3.0))
    assert [part.role for part in song.parts] == ["lead", "chords"] and song.chords == (
        (0.0, band.chord_value(8, "7")),
    )
    assert [part.role for part in played.parts] == ["lead", "drums"]
    config = tmp_path / "run.toml"
    config.write_text(CONFIG.replace('sets = ["jsb"]', "minutes = 0.01").replace("minutes = 0.02", ""))
    parser = argparse.ArgumentParser()
    train_band.add_arguments(parser)
    places = ["--data", str(folder), "--out", str(tmp_path / "run"), "--cache", str(tmp_path / "cache")]
    assert train_band.main(parser.parse_args(["--config", str(config), *places])) == 0
    assert (tmp_path / "run" / "model.safetensors").exists()
    again = ["--start", str(tmp_path / "run" / "model.safetensors"), "--data", str(folder), "--minutes", "0.01"]
    places = ["--out", str(tmp_path / "again"), "--cache", str(tmp_path / "cache")]
    assert train_band.main(parser.parse_args([*again, *places])) == 0
    begun, gone_on = (json.loads((tmp_path / run / "model.json").read_text()) for run in ("run", "again"))
    assert begun["sizes"] == gone_on["sizes"]
    # What was learned may not be repeated.
    tune = encode(works["lead.abc"].score, "auto")
    memorised = memorised_lines.load(tmp_path / "again" / "model.memorised.npz")
    assert memorised_lines.copies(tune.encoded.rows[1:].astype(np.int64), tune.encoded.heading, memorised, "auto") > 0


SYMBOLS = {
    "Am7": (9, "min7"), "Cmaj7": (0, "maj7"), "F#m7b5/C": (6, "hdim7"), "Bb-7": (10, "min7"), "Ebj7911#": (3, "maj7"),
    "Db79b": (1, "7"), "Go7": (7, "dim7"), "C+": (0, "aug"), "Dsus79": (2, "sus4"), "E-6": (4, "min6"),
    "Ab69": (8, "maj6"), "Bb/Eb": (10, "maj"), "Cm": (0, "min"), "CM7": (0, "maj7"), "C-j7": (0, "min"),
    "F13": (5, "7"),
}  # fmt: skip


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_chord_symbols(symbol: str):
    assert chords.value_of(symbol) == band.chord_value(*SYMBOLS[symbol])
    assert chords.value_of("NC") == band.NO_CHORD


def test_what_is_wrong_is_said_in_words(archives: Path, tmp_path: Path):
    with pytest.raises(Refusal, match="no music"):
        full_corpus.load(tmp_path / "nowhere", tmp_path)
    config = tmp_path / "wrong.toml"
    config.write_text("lerning_rate = 1")
    with pytest.raises(Refusal, match="lerning_rate"):
        train_band.options_of(config, {})
    weights = tmp_path / "none.safetensors"
    with pytest.raises(Refusal, match="cannot be read"):
        band_checkpoint.load(weights)


def test_the_cache_gives_back_what_was_read(tmp_path: Path):
    (tmp_path / "song.krn").write_text(KERN)
    scores = [*kern.scores(tmp_path), ("c", chorales.score(np.array([[72, 67, 64, 48]] * 4)))]
    late = FullScore(
        **vars(scores[0][1]) | {"late": np.linspace(0, 0.5, len(scores[0][1].onset)), "chords": ((0.0, 141),)}
    )
    scores.append(("late", late))
    full_corpus._keep(tmp_path / "kept.npz", scores)
    for (name, score), (again, same) in zip(scores, full_corpus._kept(tmp_path / "kept.npz"), strict=True):
        assert (again, same.parts, same.bars, same.key, same.chords) == (
            name, score.parts, score.bars, score.key, score.chords,
        )  # fmt: skip
        np.testing.assert_allclose(same.onset, score.onset, atol=1e-4)
        np.testing.assert_array_equal(same.pitch, score.pitch)
        assert (same.late is None) == (score.late is None)


def test_every_source_names_its_terms_and_the_benchmark_is_left_out():
    for name, source in full_corpus.FULL_SETS.items():
        assert source.style in STYLES and source.terms and source.archives, name
    assert full_corpus.FULL_SETS["jsb"].benchmark
    assert PartOf("lead").family == band.NO_FAMILY
