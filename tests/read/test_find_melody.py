"""The melody in several voices, and in one hand of a piano."""

from dataclasses import replace

import numpy as np
import pytest

from generation.music.clock import Tempo
from generation.music.key import Key
from generation.music.notes import Notes
from generation.music.song import Part, Song
from generation.read.choose_part import described
from generation.read.find_melody import find_melody
from generation.read.roles import with_roles
from generation.request import Refusal, Words

TUNE = [67, 69, 71, 74, 72, 71, 69, 67]


def part(onset: list[float], duration: list[float], pitch: list[int], name: str = "", program: int = 0) -> Part:
    return Part(Notes(onset, duration, pitch, np.full(len(pitch), 80)), program or None, name)


def line(pitch: list[int], step: float = 1.0, legato: float = 1.0, name: str = "") -> Part:
    return part([i * step for i in range(len(pitch))], [step * legato] * len(pitch), pitch, name)


def song(*parts: Part, **facts: object) -> Song:
    return Song(
        tuple(replace(part, place=Words("track {number}", number=i)) for i, part in enumerate(parts, 1)), **facts
    )  # type: ignore[arg-type]


CHORDS = part([0, 0, 0, 4, 4, 4], [4] * 6, [48, 52, 55, 50, 53, 57], "Strings")


def test_a_line_among_chords_and_a_bass() -> None:
    reading = find_melody(song(CHORDS, line(TUNE, name="Violin"), line([36, 43] * 4, name="Bass")))
    assert reading.line.pitch.tolist() == TUNE
    assert str(reading.source) == "track 2 (Violin)"
    assert [part.name for part in reading.song.parts] == ["Strings", "Violin", "Bass"]


def test_names_and_lyrics_outweigh_height() -> None:
    high, low = line([84, 86, 88, 91] * 2), line(TUNE)
    assert str(find_melody(song(high, part([0, 1], [1, 1], [60, 62], "Melody"))).source) == "track 2 (Melody)"
    assert str(find_melody(song(line(TUNE, name="Lead vocal"), high)).source) == "track 1 (Lead vocal)"
    sung = song(high, replace(low, words=tuple((float(i), "la") for i in range(8))))
    assert str(find_melody(sung).source) == "track 2"


def test_no_instrument_is_taken_for_an_accompaniment_by_its_name() -> None:
    for name in ("Harpsichord", "Bassoon", "Harmonica", "Backpipes"[4:]):
        assert str(find_melody(song(CHORDS, line(TUNE, name=name))).source) == f"track 2 ({name})"


def test_right_hand_of_a_piano() -> None:
    """Melody over broken chords in one part: the top voice, and no accompaniment where it rests."""
    onset, duration, pitch = [], [], []
    for i, top in enumerate(TUNE):
        notes = [(i, 0.9, top)] if i != 4 else []  # the melody rests once
        notes += [(i, 0.5, 48), (i + 0.5, 0.5, 55)]
        for a, d, p in notes:
            onset.append(a), duration.append(d), pitch.append(p)  # type: ignore[func-returns-value]
    reading = find_melody(song(part(onset, duration, pitch)))
    assert reading.line.pitch.tolist() == TUNE[:4] + TUNE[5:]
    assert reading.line.onset.tolist() == [0, 1, 2, 3, 5, 6, 7]
    assert str(reading.source) == "the top voice"
    assert len(reading.song.parts[0].notes) == len(pitch)


@pytest.mark.parametrize("legato", [1.02, 1.1, 1.4])
def test_legato_keeps_every_note(legato: float) -> None:
    reading = find_melody(song(line(TUNE, 0.5, legato)))
    assert reading.line.pitch.tolist() == TUNE
    assert reading.line.onset.tolist() == [i * 0.5 for i in range(8)]
    assert not reading.source


def test_notes_struck_together_are_one_chord() -> None:
    """At 120, 0.04 quarters are 20 ms, and 0.1 quarters 50 ms."""
    near = find_melody(song(part([0, 0.04, 1], [1, 0.96, 1], [60, 64, 65])))
    assert (near.line.onset.tolist(), near.line.pitch.tolist()) == ([0.04, 1], [64, 65])
    apart = find_melody(song(part([0, 0.1, 1], [0.1, 0.9, 1], [64, 60, 65])))
    assert apart.line.pitch.tolist() == [64, 60, 65]
    ornament = find_melody(song(part([0, 0.04, 1], [0.04, 0.96, 1], [64, 60, 65])))
    assert ornament.line.pitch.tolist() == [64, 60, 65]


def test_a_dense_tempo_map_is_kept() -> None:
    rng = np.random.default_rng(2)
    tempo = tuple(Tempo(i / 4, float(pace)) for i, pace in enumerate(rng.uniform(60, 180, 32)))
    melody = find_melody(song(line(TUNE), tempo=tempo)).melody
    assert melody.tempo == tempo
    assert melody.seconds == pytest.approx(sum(0.25 * 60 / mark.quarters_per_minute for mark in tempo))


def test_drums_are_not_a_melody() -> None:
    drums = replace(line([36, 38] * 4), channel=10, drums=True)
    with pytest.raises(Refusal, match="only drums"):
        find_melody(Song((drums,)))
    reading = find_melody(song(drums, line(TUNE)))
    assert reading.line.pitch.tolist() == TUNE
    assert [part.drums for part in reading.song.parts] == [True, False] and reading.part == 1


def test_every_part_has_a_role() -> None:
    high, drums = line(TUNE, name="Violin"), replace(line([36, 38] * 4), drums=True)
    pad = replace(part([0, 0], [8, 8], [60, 67], "Warm"), program=89)
    band = song(CHORDS, high, line([36, 43] * 4), line([64, 65] * 4), pad, drums, line([41, 40] * 4, name="Bass"))
    roles = [part.role for part in with_roles(band, find_melody(band).part).parts]
    assert roles == ["pad", "lead", "bass", "second", "pad", "drums", "bass"]


def test_limits_are_for_all_voices() -> None:
    with pytest.raises(Refusal, match="the limit is 900 s"):
        find_melody(song(line(TUNE), line([40] * 3, 1_000)))
    with pytest.raises(Refusal, match="60,000"):
        find_melody(song(line(TUNE), part([0.0] * 60_000, [1.0] * 60_000, [60] * 60_000)))


ODE = [64, 64, 65, 67, 67, 65, 64, 62, 60, 60, 62, 64, 64, 62, 62]
ODE_LENGTHS = [1.0] * 12 + [1.5, 0.5, 2.0]
HARMONY = [(60, 64, 67), (59, 62, 67), (60, 64, 67), (59, 62, 67)]  # a triad for each bar


def tune() -> Part:
    onset = np.cumsum([0.0, *ODE_LENGTHS[:-1]])
    return part(
        [float(at) + 16 * again for again in range(2) for at in onset],
        [0.95 * long for long in ODE_LENGTHS] * 2,
        ODE * 2,
    )


@pytest.mark.parametrize("shape", [(0, 1, 2), (0, 1, 2, 1), (2, 1, 0), (0, 2, 1, 2), (0, 1, 2, 0, 1, 2, 1, 0)])
@pytest.mark.parametrize("raised", [0, 12, 24])
@pytest.mark.parametrize("step", [0.25, 0.5])
def test_an_arpeggio_is_not_the_tune(shape: tuple[int, ...], raised: int, step: float) -> None:
    """Broken chords one note at a time: up, down, up and down, Alberti's; below the tune and above it; unnamed."""
    steps = int(32 / step)
    arpeggio = line([HARMONY[int(i * step) // 4 % 4][shape[i % len(shape)]] + raised for i in range(steps)], step, 0.9)
    for parts in ((arpeggio, tune()), (tune(), arpeggio), (tune(), arpeggio, CHORDS)):
        assert find_melody(song(*parts)).line.pitch.tolist() == ODE * 2


SEVENTHS = [(60, 64, 67, 71), (59, 62, 67, 69), (60, 64, 67, 71), (57, 60, 65, 69)]
LOW = [(0, 1, 55), (1, 0.5, 57), (1.5, 0.5, 60), (2, 1.5, 57), (3.5, 0.5, 55), (4, 1, 52), (5, 1, 55), (6, 2, 50)]


@pytest.mark.parametrize("shape", [(0, 1, 2, 3, 2, 1), (0, 1, 2, 3), (3, 2, 1, 0), (0, 2, 1, 3)])
@pytest.mark.parametrize("raised", [0, 7, 12, 24])
@pytest.mark.parametrize("step", [0.25, 1 / 3, 0.5])
def test_a_low_tune_with_leaps_is_heard_under_a_busy_arpeggio(shape: tuple[int, ...], raised: int, step: float) -> None:
    steps = round(32 / step)
    chords = [SEVENTHS[int(i * step + 1e-6) // 4 % 4] for i in range(steps)]
    arpeggio = line([chord[shape[i % len(shape)]] + raised for i, chord in enumerate(chords)], step, 0.9)
    sung = [(8 * k + at, 0.9 * lasts, pitch + up) for k, up in enumerate((0, 2, 0, -1)) for at, lasts, pitch in LOW]
    low = part(*(list(column) for column in zip(*sung, strict=True)))
    for parts in ((arpeggio, low), (low, arpeggio), (low, arpeggio, CHORDS)):
        assert find_melody(song(*parts)).line.pitch.tolist() == low.notes.pitch.tolist()


def test_pads_hammering_and_afterthoughts_are_not_the_tune() -> None:
    pad = part([4.0 * i for i in range(8)], [4.0] * 8, [76, 77, 76, 79] * 2)
    hammering = line([72] * 64, 0.5, 0.5)
    afterthought = part([28.0, 30.0], [2.0, 2.0], [84, 86])
    for others in ((pad,), (hammering,), (afterthought,), (pad, hammering, afterthought)):
        assert find_melody(song(*others, tune())).line.pitch.tolist() == ODE * 2


def test_names_of_sounds_say_nothing() -> None:
    """“Square Lead” is a sound of General MIDI, and says nothing about the player."""
    lead = replace(line([28, 28, 35, 35] * 8), name="Sawtooth Lead", program=81)
    assert find_melody(song(lead, tune())).line.pitch.tolist() == ODE * 2
    assert str(find_melody(song(lead, replace(tune(), name="Support"), replace(tune(), name="Melody"))).source) == (
        "track 3 (Melody)"
    )


def test_the_part_that_is_the_tune_can_be_chosen_by_its_number_or_name() -> None:
    band = song(CHORDS, line(TUNE, name="Violin"), line([36, 43] * 4, name="Double bass"))
    for wanted, name in (
        ("3", "Double bass"),
        ("double BASS", "Double bass"),
        ("vio", "Violin"),
        ("bass", "Double bass"),
    ):
        reading = find_melody(band, wanted=wanted)
        assert (reading.song.parts[reading.part].name, str(reading.why)) == (name, "it was chosen")
    assert find_melody(band, wanted="1").line.pitch.tolist() == [55, 57], "of chords the top voice"
    with pytest.raises(Refusal, match=r"is called “oboe”. It has: 1 Strings, 2 Violin, 3 Double bass"):
        find_melody(band, wanted="oboe")


def test_parts_are_described_by_name_sound_range_and_notes() -> None:
    band = song(line(TUNE, name="Solo"), replace(CHORDS, program=104, name=""))
    assert [str(words) for words in described(band)] == [
        "Solo (piano), G4 to D5, 8 notes",
        "track 2 (sitar), C3 to A3, 6 notes",
    ]
    sharp = song(line([68, 73, 75], name="Solo"), keys=((0.0, Key("E", "major")),))
    assert str(described(sharp)[0]) == "Solo (piano), G♯4 to D♯5, 3 notes", "spelt as in its key"
