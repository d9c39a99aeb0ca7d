"""Find the beat of a performance that was recorded without a click, so that its file's quarters mean nothing.

Beats are tracked by dynamic programming (Ellis, 2007, “Beat Tracking by Dynamic Programming”): they stand where notes
begin, and follow one another at a period that changes little. The sound stays as it was; only the
quarters change, and the tempo map with them.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from generation.music.clock import DEFAULT_TEMPO, Tempo
from generation.music.metre import Metre, bar_length, heard_beat
from generation.music.notes import Notes
from generation.music.pulse import smoothed, strongest_beat
from generation.music.reading import Reading
from generation.music.song import moved, stretched
from generation.read.said_beat import KEPT, firm, kept, sought
from generation.read.sung_metre import metre_of

FRAME = 0.01  # seconds
BLUR = 0.025  # seconds by which players miss a beat
FEWEST = 24  # notes: fewer are too few to find a beat in
FEWEST_SUNG = 6  # the same for a recording, which has no other beat
LONGEST = 300.0  # seconds: anything longer stays on its file's quarters
FASTEST, USUAL, SLOWEST = 0.25, 0.6, 1.5  # seconds a beat
OCTAVES = 0.8  # by which a beat typically differs from the usual one
TIGHT = 80.0  # how much a change of the period costs while beats are tracked
TRIED = 6  # periods
PRIOR, BEND = 0.1, 2.0  # how much the usual beat and a steady one are preferred among those tried
# Where notes stand in a beat: places, the share of notes there, and how far they are off, in beats.
PLACES = (((0.0,), 0.42), ((1 / 2,), 0.26), ((1 / 4, 3 / 4), 0.15), ((1 / 3, 2 / 3), 0.12))
OFF = 0.04
SURE, CLEARER = 0.6, 0.3  # nats a note by which a beat must be better than none, and than the file's own
USUAL_METRE = (4, 4)  # what programs write by default, with 120 quarters a minute
SAME = 0.03  # octaves between beats that are the same, or one twice as fast as the other
BEATS = (0.5, 1, 1.5, 3)  # quarters that a beat found in 6/8 or the like may last
WALTZ = 1.15  # how much clearer bars of three must be than bars of four

Floats = NDArray[np.float64]


def on_its_beat(reading: Reading) -> Reading:
    """The same sound with its quarters on its beats; `reading` itself if it is a score or has a tempo map, if its
    notes keep the beat that it states, or if no beat is clear.

    Of 120 held-out pieces of five kinds, 40 s each and without their tempo, 88 have a beat that is `SURE`; of these 75
    have the true one, or one two or three times as fast or slow.
    """
    song, line = reading.song, reading.line
    parts = [part.notes for part in song.pitched or song.parts]
    onset = np.concatenate([notes.onset for notes in parts])
    moment = song.clock.seconds(onset)
    recorded = song.recorded is not None
    if (
        song.written
        or len(line) < (FEWEST_SUNG if recorded else FEWEST)
        or len(song.tempo) > 1
        or np.ptp(moment) > LONGEST
    ):
        return reading
    weight = np.concatenate([_weight(notes) for notes in parts])
    if recorded:
        beats = find_beats(moment, weight)
        if len(beats) < 5:
            return reading
        beats = smoothed(beats)
        sung = metre_of(beats, _counted(beats, song.clock.seconds(line.onset)), line.pitch)
        there = _moved(reading, sung.beats)
        return replace(there, song=replace(there.song, metres=((0.0, sung.metre),), pickup=sung.pickup))
    own, beat = fit(onset, weight), heard_beat(song.metre)
    meant = song.metre not in (None, USUAL_METRE) or song.tempo[0].quarters_per_minute != DEFAULT_TEMPO
    keeps = (meant or song.metre is not None) and kept(onset, weight, beat) >= KEPT
    if own >= SURE or (keeps and (meant or firm(onset, weight))):
        return reading
    if meant and (found := sought(onset, weight, beat)):
        factor, late = found
        early = beat - late if late else 0.0
        whole = np.arange(np.ceil(factor * float(onset.max()) + early) + 2) - early
        there = _moved(reading, song.clock.seconds(whole / factor))
        return _in_bars(there, song.metre) if late and song.metre else there
    beats = find_beats(moment, weight)
    if len(beats) < 2:
        return reading
    beats = smoothed(beats)
    worth = fit(_counted(beats, moment), weight)
    gap = float(np.median(np.diff(song.clock.quarters(beats))))
    octaves = float(np.log2(gap))
    if worth < max(SURE, own + CLEARER) or (keeps and abs(octaves - round(octaves)) < SAME):
        return reading
    if beat != 1:
        quarters = min(BEATS, key=lambda size: abs(np.log(gap / size)))
        beats = np.interp(np.arange(0, len(beats) - 1, 1 / quarters), np.arange(len(beats)), beats)
    return _in_bars(_moved(reading, beats), None if song.metre == USUAL_METRE else song.metre)


def find_beats(moment: Floats, weight: Floats) -> Floats:
    """(m,) seconds of the likeliest beats, from before the first to after the last of the notes, which begin at
    `moment` (n,) and count as `weight` (n,) says; none if there are too few notes."""
    first = float(moment.min())
    strength = _strength(moment - first, weight)
    lag = np.arange(round(FASTEST / FRAME), round(SLOWEST / FRAME) + 1)
    size = 2 ** int(np.ceil(np.log2(len(strength) + lag[-1])))
    alike = np.fft.irfft(np.abs(np.fft.rfft(strength, size)) ** 2)[lag]
    likely = alike * np.exp(-_unusual(lag.astype(float) * FRAME) / 2)
    peaks = np.flatnonzero((likely[1:-1] >= likely[:-2]) & (likely[1:-1] >= likely[2:])) + 1
    best, chosen = -np.inf, np.zeros(0)
    for period in lag[peaks[np.argsort(-likely[peaks])]][:TRIED]:
        beats = _tracked(strength, int(period)) * FRAME + first
        if len(beats) < 4:
            continue
        gaps = np.diff(beats)
        inside = (moment >= beats[0]) & (moment <= beats[-1])
        worth = fit(_counted(beats, moment[inside]), weight[inside]) - PRIOR * float(
            _unusual(np.median(gaps, keepdims=True))[0]
        )
        worth -= BEND * float(np.abs(np.diff(np.log(gaps))).mean())
        if worth > best:
            best, chosen = worth, beats
    if not len(chosen):
        return chosen
    gap = float(np.median(np.diff(chosen)))
    before = np.arange(np.ceil((chosen[0] - first) / gap), 0, -1) * gap
    after = np.arange(1, np.ceil((float(moment.max()) - chosen[-1]) / gap) + 2) * gap
    return np.concatenate([chosen[0] - before, chosen, chosen[-1] + after])


def fit(quarter: Floats, weight: Floats) -> float:
    """Nats a note by which places in the quarter (n,) are predicted better than by a uniform distribution."""
    density = np.full(len(quarter), 1 - sum(share for _, share in PLACES))
    for places, share in PLACES:
        for place in places:
            beside = np.abs((quarter - place + 0.5) % 1 - 0.5)
            density += share / len(places) * np.exp(-((beside / OFF) ** 2) / 2) / (OFF * np.sqrt(2 * np.pi))
    return float(np.average(np.log(density), weights=weight))


def _unusual(period: Floats) -> Floats:
    """How far each period (seconds a beat) is from the usual one: in octaves, over what is typical, squared."""
    return np.asarray((np.log2(period / USUAL) / OCTAVES) ** 2)


def _strength(moment: Floats, weight: Floats) -> Floats:
    """The weight of the notes that begin in every frame, blurred."""
    frames = np.zeros(int(moment.max() / FRAME) + 1 + 4 * round(BLUR / FRAME))
    np.add.at(frames, np.round(moment / FRAME).astype(int), weight)
    reach = np.arange(-3 * BLUR, 3 * BLUR + FRAME / 2, FRAME)
    blurred = np.convolve(frames, np.exp(-((reach / BLUR) ** 2) / 2), "same")
    return np.asarray(blurred / max(float(blurred.std()), 1e-9))


def _tracked(strength: Floats, period: int) -> Floats:
    """Frames of the beats: those that are strong and `period` apart, more or less."""
    gap = np.arange(-2 * period, -(period // 2))
    dear = TIGHT * np.log(-gap / period) ** 2
    best, before = strength.copy(), np.full(len(strength), -1)
    for frame in range(period // 2 + 1, len(strength)):
        since = max(0, -frame - int(gap[0]))  # only gaps that do not reach back before the beginning
        sums = best[frame + gap[since] : frame + gap[-1] + 1] - dear[since:]
        place = int(np.argmax(sums))
        if sums[place] > 0:
            best[frame] += sums[place]
            before[frame] = frame + gap[since + place]
    tail = max(0, len(strength) - 2 * period)
    beats = [tail + int(np.argmax(best[tail:]))]
    while before[beats[-1]] >= 0:
        beats.append(int(before[beats[-1]]))
    return np.array(beats[::-1], np.float64)


def _weight(notes: Notes) -> Floats:
    """(n,) how much each note's onset counts: long and loud ones more."""
    return np.asarray(np.minimum(notes.duration, 2.0) ** 0.5 * (0.5 + notes.velocity / 127))


def _counted(beats: Floats, moment: Floats) -> Floats:
    """Moments in seconds as quarters that begin at `beats`, also after the last of them."""
    late = np.maximum(moment - beats[-1], 0) / (beats[-1] - beats[-2])
    return np.asarray(np.interp(moment, beats, np.arange(len(beats))) + late)


def _moved(reading: Reading, beats: Floats) -> Reading:
    """The reading in quarters that begin at `beats`, in seconds; its bars move with it."""
    old = reading.song.clock

    def quarters(times: Floats) -> Floats:
        return _counted(beats, old.seconds(times))

    pace = [float(np.clip(60 / gap, 10, 900)) for gap in np.diff(beats)]
    changes = [i for i in range(len(pace)) if i == 0 or abs(pace[i] - pace[i - 1]) > 1e-6]
    tempo = tuple(Tempo(float(i), pace[i]) for i in changes)
    return replace(
        reading,
        song=replace(moved(reading.song, quarters), tempo=tempo),
        line=stretched(reading.line, quarters),
    )


def _in_bars(reading: Reading, metre: Metre | None) -> Reading:
    """The reading in bars of this metre; of None, of four quarters or of three, whichever fits its long and low notes.
    The first bar line stands where these do."""
    parts = [part.notes for part in reading.song.pitched or reading.song.parts]
    onset = np.concatenate([notes.onset for notes in parts])
    weight = np.concatenate([_weight(notes) * np.clip(2 - notes.pitch / 64, 0.5, 1.5) for notes in parts])

    def clearest(metre: Metre) -> tuple[float, float]:
        unit = min(1.0, 4 / metre[1])
        beat = np.round(onset / unit).astype(int)
        near = np.abs(onset / unit - beat) < 0.15
        clear, first = strongest_beat(beat[near], weight[near], max(1, round(float(bar_length(metre)) / unit)))
        return clear, first * unit

    if metre is None:
        metre = (3, 4) if clearest((3, 4))[0] > WALTZ * clearest((4, 4))[0] else (4, 4)
    downbeat = clearest(metre)[1]
    return replace(
        reading,
        song=replace(reading.song, metres=((0.0, metre),), pickup=downbeat),
    )
