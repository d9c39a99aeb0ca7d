"""MIDI files are read back by music21."""

from dataclasses import replace
from itertools import pairwise

import music21
import numpy as np
import pytest

from generation.finish.arrange import arrange
from generation.finish.piece import Piece
from generation.finish.write_midi import write_midi
from generation.model import tokens
from generation.music.clock import Tempo
from generation.music.key import Key
from generation.music.notes import Notes
from generation.music.song import SUSTAIN, Song
from generation.read.file import read
from generation.request import Request
from tests.listening import midi_notes, midi_tracks
from tests.tunes import going_on, head, line_of, part_of, performance, piece_of, reading_of, scale, song_of


def piece(melody: Song, program: int = 0) -> Piece:
    return piece_of(melody, program=program, title="A tune", seed=7)


def meta(data: bytes, kind: music21.midi.MetaEvents) -> list[tuple[int, bytes]]:
    _, tracks = midi_tracks(data)
    return [(tick, event.data) for tick, event in tracks[0] if event.type is kind]


def seconds(data: bytes) -> list[float]:
    """The second of every note-on of the second track, by the tempo map."""
    ticks, tracks = midi_tracks(data)
    tempi = [(tick, int.from_bytes(micros, "big")) for tick, micros in meta(data, music21.midi.MetaEvents.SET_TEMPO)]
    found = []
    for on, *_ in midi_notes(tracks[1]):
        second = 0.0
        for (start, micros), end in zip(tempi, [*(tick for tick, _ in tempi[1:]), on], strict=True):
            second += max(0, min(end, on) - start) * micros / ticks / 1e6
        found.append(second)
    return found


@pytest.mark.parametrize("pace", [4.0, 33.3, 97.31, 120.0, 399.9])
def test_every_note_is_where_it_was(pace: float) -> None:
    rng = np.random.default_rng(1)
    onset = np.cumsum(rng.uniform(0.01, 0.4, 40))
    melody = line_of(onset, np.full(40, 0.3), rng.integers(0, 128, 40), rng.integers(1, 128, 40), (Tempo(0, pace),))
    data = write_midi(piece(melody))
    _, tracks = midi_tracks(data)
    notes = midi_notes(tracks[1])
    assert [note[2] for note in notes] == melody.line.pitch.tolist()
    assert [note[3] for note in notes] == melody.line.velocity.tolist()
    assert np.allclose(seconds(data), [melody.clock.second(x) for x in melody.line.onset], atol=0.001)


def test_tempo_map_is_kept() -> None:
    rng = np.random.default_rng(2)
    tempo = (Tempo(0.0, 60.0), *(Tempo(float(x), float(rng.uniform(40, 200))) for x in np.arange(1, 60) * 0.37))
    onset = np.arange(64) * 0.5
    melody = line_of(onset, np.full(64, 0.5), np.full(64, 60), np.full(64, 80), tempo)
    assert np.allclose(seconds(write_midi(piece(melody))), [melody.clock.second(x) for x in onset], atol=0.001)


def test_a_key_struck_again_is_let_go_first() -> None:
    melody = line_of(np.arange(8.0), np.full(8, 1.4), np.full(8, 60), np.full(8, 80))
    _, tracks = midi_tracks(write_midi(piece(melody)))
    notes = midi_notes(tracks[1])
    assert all(before[1] <= after[0] for before, after in pairwise(notes))
    assert notes[-1][1] - notes[-1][0] == round(1.4 * 960)


def test_metre_key_and_names_are_said() -> None:
    data = write_midi(piece(scale(16, Key("Bb", "minor")), program=40))
    assert meta(data, music21.midi.MetaEvents.TIME_SIGNATURE)[0][1][:2] == bytes((4, 2))
    assert meta(data, music21.midi.MetaEvents.KEY_SIGNATURE) == [(0, bytes((256 - 5, 1)))]
    assert meta(data, music21.midi.MetaEvents.SEQUENCE_TRACK_NAME) == [(0, b"A tune")]
    _, tracks = midi_tracks(data)
    programs = [event.data for _, event in tracks[1] if event.type is music21.midi.ChannelVoiceMessages.PROGRAM_CHANGE]
    assert programs == [40]


def test_bar_lines_fall_after_the_pickup() -> None:
    melody = line_of([0, 0.5, 1.5], [0.5, 1, 1], [60, 64, 67], [80, 80, 80], metre=(6, 8), downbeat=0.5)
    signatures = meta(write_midi(piece(melody)), music21.midi.MetaEvents.TIME_SIGNATURE)
    assert [(tick, tuple(data[:2])) for tick, data in signatures] == [(0, (1, 3)), (480, (6, 3))]


def test_the_continuation_stands_in_the_melodys_own_track() -> None:
    whole = performance(40)
    chords = part_of(Notes([0.0, 0.0, 4.0], [4.0, 4.0, 4.0], [48, 55, 50], np.full(3, 60)), 48, "Strings")
    reading = reading_of(head(whole, 20), 73, chords)
    data = write_midi(arrange(reading, going_on(whole, 20), Request(data=b"", instrument="oboe"), 1, ""))
    _, tracks = midi_tracks(data)
    assert len(tracks) == 3
    assert [note[2] for note in midi_notes(tracks[1])] == [48, 55, 50]
    assert [note[2] for note in midi_notes(tracks[2])] == whole.line.pitch.tolist()
    changes = [
        (tick, event.data)
        for tick, event in tracks[2]
        if event.type is music21.midi.ChannelVoiceMessages.PROGRAM_CHANGE
    ]
    seam = round(float(whole.line.onset[20]) * 960)
    assert [program for _, program in changes] == [73, 68]
    assert changes[1][0] == seam
    assert len({note[4] for note in midi_notes(tracks[2])}) == 1


def test_pedal_is_kept_and_lifted_at_the_end() -> None:
    melody = scale(8)
    moves = ((0.0, SUSTAIN, 127), (1.0, SUSTAIN, 20), (2.0, SUSTAIN, 127))
    song = replace(song_of(melody), parts=(part_of(melody, 0, "Piano", controls=moves),))
    _, tracks = midi_tracks(write_midi(Piece(song, melody)))
    pedal = [
        (tick / 960, event.parameter2)
        for tick, event in tracks[1]
        if event.type is music21.midi.ChannelVoiceMessages.CONTROLLER_CHANGE
    ]
    assert pedal == [(0.0, 127), (1.0, 20), (2.0, 127), (4.0, 0)]


def test_an_orchestra_fits_and_nobody_plays_the_drums() -> None:
    melody = scale(8)
    parts = tuple(part_of(melody, 40 + i // 2, f"Part {i}") for i in range(30))
    _, tracks = midi_tracks(write_midi(Piece(replace(melody, parts=parts), melody)))
    assert len(tracks) == 31
    for track in tracks[1:]:
        notes = midi_notes(track)
        assert len(notes) == 8
        assert all(note[4] != 10 for note in notes)


def test_music21_reads_the_whole_file() -> None:
    melody = scale(24)
    score = music21.converter.parseData(write_midi(piece(melody)), format="midi")
    assert [note.pitch.midi for note in score.recurse().notes] == melody.line.pitch.tolist()
    assert [float(note.quarterLength) for note in score.recurse().notes] == [0.5] * 24


@pytest.mark.parametrize("pace", [40.0, 70.0, 96.0, 140.0, 240.0])
def test_whatever_the_model_plays_is_read_again_as_one_voice(pace: float) -> None:
    """Legato, staccato, ornaments and notes far off the beat: not one is taken for accompaniment."""
    like = replace(scale(4), tempo=(Tempo(0, pace),))
    for seed in range(12):
        rng = np.random.default_rng(seed)
        rows = np.tile(tokens.start_row(), (60, 1))
        step = rng.choice([1, 2, 3, 6, 8, 12, 24, 48, 96], 60, p=[0.05, 0.05, 0.1, 0.2, 0.1, 0.2, 0.2, 0.05, 0.05])
        rows[:, tokens.TICK] = np.cumsum(step)
        rows[:, tokens.PITCH] = np.clip(60 + np.cumsum(rng.integers(-7, 8, 60)), 30, 100)
        rows[:, tokens.DURATION] = tokens.length_class(np.append(step[1:], 24) * rng.choice([1, 1, 1, 2], 60))
        rows[:, tokens.DEVIATION] = rng.integers(10, 31, 60)
        rows[:, tokens.ARTICULATION] = rng.integers(0, 15, 60)
        rows[:, tokens.VELOCITY] = rng.integers(1, 32, 60)
        rows[:, [tokens.TIMED, tokens.SHADED]] = 1
        played = tokens.decode(rows, 0, like)
        assert read(write_midi(piece(played)), "a.mid").line.pitch.tolist() == played.line.pitch.tolist()
