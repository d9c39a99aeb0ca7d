"""A song → rows, as training encodes scores, and the notes of each part back from them."""

from dataclasses import replace

import numpy as np
import pytest

from generation.model import band, chords
from generation.model.encode_song import decode, encode_song, full_score_of, kit_of
from generation.music.clock import Tempo
from generation.music.key import Key
from generation.music.notes import Notes
from generation.music.song import Part, Song


def notes(onset: np.ndarray, duration: float, pitch: np.ndarray, velocity: int | np.ndarray = 80) -> Notes:
    n = len(onset)
    return Notes(onset, np.full(n, duration), np.resize(pitch, n), np.resize(velocity, n))


def band_of_four() -> Song:
    """Sixteen bars: tune, chords of the right hand, walking bass, drums."""
    beats = np.arange(64.0)
    triads = np.repeat(np.arange(0, 64, 2.0), 3)
    return Song(
        parts=(
            Part(notes(beats, 1.0, np.array([33, 36, 38, 40])), 32, "Bass"),
            Part(notes(np.arange(0, 64, 0.5), 0.1, np.array([42, 38, 35, 38])), None, "Kit", drums=True),
            Part(notes(beats, 1.0, 60 + np.array([4, 7, 9, 11, 12, 9]), np.arange(64) + 40), 56, "Solo", role="lead"),
            Part(notes(triads, 2.0, np.array([60, 64, 67])), 0, "Comp"),
        ),
        tempo=(Tempo(0.0, 90.0), Tempo(32.0, 140.0)),
        metres=((0.0, (4, 4)),),
        keys=((0.0, Key("C", "major")), (32.0, Key("D", "major"))),
        chords=((0.0, "C"), (8.0, "Am7"), (16.0, "N.C.")),
    )


def test_a_file_gets_the_roles_and_families_of_its_like_in_training():
    score = full_score_of(band_of_four())
    assert [(part.role, part.family) for part in score.parts] == [
        ("bass", 4), ("drums", band.NO_FAMILY), ("lead", 7), ("chords", 0),
    ]  # fmt: skip
    assert [part.dynamics for part in score.parts] == [False, False, True, False]


def test_the_end_of_the_song_is_gone_on_with_and_every_part_is_performed():
    piece = encode_song(band_of_four())
    assert piece.slots == {2: 1, 3: 2, 0: 3, 1: 4}  # after the harmony: the lead, downward, the drums
    assert piece.shift == -2  # D major
    assert piece.encoded.heading[:6, 2:].tolist() == [[0, 0]] + [[1, 1]] * 4 + [[0, 0]]
    rows = piece.encoded.rows[1:]
    flat = rows[rows[:, band.PART] == 3]
    assert set(flat[:, band.VELOCITY]) == {20} and set(flat[:, band.DEVIATION]) == {20}
    assert len(set(rows[rows[:, band.PART] == 1, band.VELOCITY])) > 8


def test_notes_come_back_from_rows():
    song = band_of_four()
    piece = encode_song(song)
    for i, slot in piece.slots.items():
        part = song.parts[i]
        rows = piece.encoded.rows[piece.encoded.rows[:, band.PART] == slot]
        kit = kit_of(part.notes.pitch) if part.drums else None
        back, written = decode(rows, piece.shift, kit, monophonic=i in (0, 2))
        np.testing.assert_allclose(back.onset, part.notes.onset)
        np.testing.assert_allclose(written.late, 0)
        for start in np.unique(back.onset):
            assert set(back.pitch[back.onset == start]) == set(part.notes.pitch[part.notes.onset == start])
        if not part.drums:
            np.testing.assert_allclose(back.duration, part.notes.duration)
            np.testing.assert_allclose(written.duration, part.notes.duration)


def test_a_voice_ends_its_note_where_the_next_begins_and_chords_ring_on():
    rows = np.tile(band.start_row(), (3, 1))
    rows[:, band.TICK], rows[:, band.VALUE], rows[:, band.DURATION] = [0, 24, 48], [60, 62, 64], 96
    voice, written = decode(rows, 0, monophonic=True)
    assert (voice.ends[:-1] < voice.onset[1:] + 0.11).all() and written.duration.tolist() == [1, 1, 4]
    assert decode(rows, 0)[0].duration.tolist() == [4, 4, 4]


def test_more_parts_than_slots_leave_out_those_with_the_fewest_notes():
    parts = [Part(notes(np.arange(4.0 + i), 1.0, np.array([60])), 40, f"Violin {i}") for i in range(20)]
    piece = encode_song(Song(tuple(parts)))
    assert set(piece.slots) == set(range(4, 20))
    assert len(encode_song(Song(tuple(parts), chords=((0.0, "C"),))).slots) == 15


@pytest.mark.parametrize("key", [Key("Eb", "major"), Key("F#", "minor")])
def test_chords_are_written_in_the_key_and_read_back(key: Key):
    for symbol in ("C", "Am7", "F#m7b5", "Bbmaj7", "Gsus4", "Ddim7", "Eb6"):
        value = chords.value_of(symbol)
        assert chords.value_of(chords.symbol_of(value, 0, key)) == value
    assert chords.symbol_of(band.chord_value(0, "min7"), -3, Key("Eb", "major")) == "Ebm7"
    assert chords.value_of(chords.symbol_of(band.NO_CHORD, 0, key)) == band.NO_CHORD


def test_a_song_without_a_note_has_no_rows():
    nobody = Notes(np.zeros(0), np.zeros(0), np.zeros(0, int), np.zeros(0, int))
    song = replace(band_of_four(), parts=(Part(nobody, 0, role="lead"),), chords=())
    piece = encode_song(song)
    assert len(piece.encoded.rows) == 1 and piece.slots == {} and piece.encoded.end == 0
