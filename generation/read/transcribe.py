"""Transcribe a recording of one melody: the track of its pitch → notes in seconds."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from generation.read.attacks import HOP, RATE, attack_strength
from generation.read.pitch import WINDOW, Track, spectra
from generation.read.recording import Samples

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LOWEST = 55.0  # hertz
HOLD = 80.0  # milliseconds that a pitch a semitone away must last to be a note of its own
SHORTEST = 0.06  # seconds
STRUCK = 0.14  # nats a band by which a note grows louder where it is struck again
# Nats for each decibel by which the sound dips between two notes; the most decibels that count.
DIP, DEEPEST = 0.03, 8.0
CLEAR = 0.4  # nats in all
SILENT = 12.0  # decibels softer between two segments of one pitch: they are two notes, however softly they begin
UNDERTONES = 6  # the true pitch may be the one that was followed, divided by up to this number
EXPLAINED = 0.9  # the share that a lower pitch must explain of what the best one explains of the sound
# A tone at a third of the followed pitch or lower must itself be heard, with this share of the power: the partials of
# two voices a third apart are multiples of a tone that nobody sings.
SOUNDS = 1e-3
GLIDE = 0.11  # seconds that it may take to slide into a note from a semitone away
APART = 0.09  # seconds between two attacks
SYLLABLE = 0.2  # seconds from a change of pitch to an attack that belongs to it: the pitch changes with the consonant
AT = 0.06  # seconds from a change of pitch, where an attack belongs to that change
# Seconds: the tuning of a moment is that of the notes around it, weighted by a bell of this width. Singers without
# accompaniment drift by some tenths of a semitone over a song (Mauch, Frieler and Dixon, 2014, “Intonation in
# unaccompanied singing”).
STEADY = 6.0


@dataclass(frozen=True, eq=False)
class Heard:
    """What was heard, (n,) notes.

    onset, end  seconds
    pitch       MIDI
    level       decibels
    off         semitones from the nearest pitch, after the tuning
    sure        0 … 1
    tuning      semitones by which the singer is sharp there, about −0.5 … 0.5 at first
    alone       the share of the power that is at multiples of the pitch, 0 … 1; less where other tones sound with it
    lowered     the share of the time in which the spectrum shows a tone an octave below the one that was followed
    """

    onset: Floats
    end: Floats
    pitch: Ints
    level: Floats
    off: Floats
    sure: Floats
    tuning: Floats
    alone: float
    lowered: float

    def __len__(self) -> int:
        return len(self.onset)


def transcribed(track: Track, sound: Samples) -> Heard:
    """The notes of a track.

    sound  (n,) samples at 16 kHz, from which the track was made
    """
    begin, end, fitted = _segments(track)
    followed = fitted
    fitted, share = _grounded(begin, end, followed, sound)
    alone, lowered = 0.0, 0.0
    if len(share):
        alone = float(np.average(share, weights=end - begin))
        lowered = float(np.average(np.abs(followed - fitted - 12) < 1, weights=end - begin))
    strength = attack_strength(sound)
    level = _levels(sound)
    begin, end, fitted = _struck_again(begin, end, fitted, strength, level)
    tuning = _tuning(begin, end, fitted)
    pitch = np.floor(fitted - tuning + 0.5).astype(np.int64)
    begin, end, kept = _joined(begin, end, pitch, strength, level)
    pitch, fitted, tuning = pitch[kept], fitted[kept], tuning[kept]
    frames = [
        slice(int(a / track.step), max(int(b / track.step), int(a / track.step) + 1))
        for a, b in zip(begin, end, strict=True)
    ]
    return Heard(
        begin,
        end,
        pitch,
        np.array([track.level[frame].max() for frame in frames], np.float64),
        fitted - tuning - pitch,
        np.array([track.sure[frame].mean() for frame in frames], np.float64),
        tuning,
        alone,
        lowered,
    )


def _segments(track: Track) -> tuple[Floats, Floats, Floats]:
    """Where the pitch stays about the same: its begin and end in seconds, and its pitch."""
    from swift_f0 import FRAME_PERIOD, PitchResult, segment_notes

    n = len(track.pitch)
    faster = FRAME_PERIOD / track.step
    result = PitchResult(np.arange(n) * FRAME_PERIOD, 440 * 2 ** ((track.pitch - 69) / 12), track.sure, track.level)
    notes = segment_notes(result, pitch_hold_ms=HOLD * faster)
    begin = np.array([note.start for note in notes], np.float64) / faster
    end = np.array([note.end for note in notes], np.float64) / faster
    fitted = 69 + 12 * np.log2(np.array([note.pitch_hz for note in notes], np.float64) / 440)
    long = end - begin >= SHORTEST
    return begin[long], end[long], fitted[long]


def _struck_again(
    begin: Floats, end: Floats, fitted: Floats, strength: Floats, level: Floats
) -> tuple[Floats, Floats, Floats]:
    """The segments cut where the same note is struck again."""
    at, rise = _peaks(strength)
    clear = at[rise + DIP * np.minimum(_dips(level, at), DEEPEST) > CLEAR] * HOP / RATE
    begin, end = begin.copy(), end.copy()
    for i in range(len(begin) - 1):  # an attack just before a change of pitch is that of the next note
        for moment in clear[(clear > end[i] - APART - AT) & (clear < end[i])][-1:]:
            if begin[i + 1] - end[i] < AT and moment - begin[i] > APART:
                end[i] = begin[i + 1] = moment
    cuts = []
    for a, b in zip(begin, end, strict=True):
        struck = bool(len(clear)) and float(np.abs(clear - a).min()) < AT
        since = a + (APART if struck else SYLLABLE)
        cuts.append([moment for moment in clear if since < moment < b - SHORTEST])
    return (
        np.array([x for a, cut in zip(begin, cuts, strict=True) for x in (a, *cut)], np.float64),
        np.array([x for b, cut in zip(end, cuts, strict=True) for x in (*cut, b)], np.float64),
        np.repeat(fitted, [1 + len(cut) for cut in cuts]),
    )


def _peaks(strength: Floats) -> tuple[Ints, Floats]:
    """Frames at which the strength is highest within `APART` / 2 around, and the strengths."""
    reach = int(APART / 2 * RATE / HOP)
    padded = np.pad(strength, reach)
    around = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1).max(axis=1)
    at = np.flatnonzero((strength == around) & (strength > 0))
    return at, strength[at]


def _levels(sound: Samples) -> Floats:
    """(n,) decibels around each frame of `HOP` samples."""
    power = np.square(np.pad(sound, (HOP, HOP)), dtype=np.float64)
    sums = np.concatenate([[0.0], np.cumsum(power)])
    return np.asarray(10 * np.log10((sums[2 * HOP :: HOP] - sums[: -2 * HOP : HOP]) / (2 * HOP) + 1e-8))


def _dips(level: Floats, at: Ints) -> Floats:
    """(n,) decibels by which it was softer just before each of some frames than before that and after it."""
    dips = np.zeros(len(at))
    for i, frame in enumerate(at):
        start = max(frame - 8, 0)
        low = start + int(np.argmin(level[start : frame + 2]))
        dips[i] = min(level[max(low - 20, 0) : low + 1].max(), level[low : low + 20].max()) - level[low]
    return dips


def _grounded(begin: Floats, end: Floats, fitted: Floats, sound: Samples) -> tuple[Floats, Floats]:
    """The pitches, with the true one where an overtone was followed; and how much of the power around each note is at
    multiples of its pitch, 0 … 1."""
    grounded, share = fitted.copy(), np.ones(len(fitted))
    for i, (a, b) in enumerate(zip(begin, end, strict=True)):
        power = spectra(sound[int(a * RATE) : int(b * RATE)], WINDOW // 2).sum(axis=0)[: WINDOW // 4]  # to 4 kHz
        power[: int(LOWEST * WINDOW / RATE)] = 0.0
        hertz = 440 * 2 ** ((fitted[i] - 69) / 12)
        parts = [part for part in range(1, UNDERTONES + 1) if hertz / part > LOWEST]
        parts = [part for part in parts if part < 3 or _sounds(power, hertz / part)]
        found = [_at_multiples(power, hertz / part) for part in parts]
        if found:
            better = [(there - chance) / (1 - chance) for there, chance in found]
            n = next(n for n, value in enumerate(better) if value >= EXPLAINED * max(better) or value == max(better))
            grounded[i], share[i] = fitted[i] - 12 * np.log2(parts[n]), found[n][0]
    return grounded, share


def _sounds(power: Floats, hertz: float) -> bool:
    """Whether a tone of this frequency is heard in some power, by bins of a spectrum."""
    at = np.arange(len(power)) * RATE / WINDOW
    return float(power[np.abs(at - hertz) <= 2.5 * RATE / WINDOW].sum()) >= SOUNDS * float(power.sum())


def _at_multiples(power: Floats, hertz: float) -> tuple[float, float]:
    """The share of some power, by bins of a spectrum, that is at multiples of a frequency; and that of noise, which is
    the larger the lower the frequency is, since its multiples stand closer."""
    at = np.arange(len(power)) * RATE / WINDOW
    near = np.abs(at - hertz * np.maximum(np.round(at / hertz), 1)) <= 2.5 * RATE / WINDOW + 0.012 * at
    return float(power[near].sum() / max(float(power.sum()), 1e-12)), float(near[at >= LOWEST].mean())


def _tuning(begin: Floats, end: Floats, fitted: Floats) -> Floats:
    """(n,) semitones by which the pitches are sharp around each of some segments, also where that drifts."""
    if len(fitted) < 2:
        return fitted - np.round(fitted)
    middle, lasts = (begin + end) / 2, end - begin
    near = np.exp(-(((middle[:, None] - middle) / STEADY) ** 2) / 2)
    drift = np.zeros(len(fitted))
    for _ in range(2):  # again without the slope: at both ends, all that is near lies on one side
        turned = near @ (lasts * np.exp(2j * np.pi * (fitted - drift)))
        around = drift + np.unwrap(np.angle(turned) / (2 * np.pi), period=1.0)
        drift = np.polynomial.Polynomial.fit(middle, around, 1, w=lasts)(middle)
    # Which semitone is meant: both the beginning and the whole should be near it.
    return np.asarray(around - np.round((around[0] + np.average(around, weights=lasts)) / 2))


def _joined(
    begin: Floats, end: Floats, pitch: Ints, strength: Floats, level: Floats
) -> tuple[Floats, Floats, list[int]]:
    """Segments of one pitch that follow each other without an attack are one note. Returns where the notes begin and
    end, and the segment that has the pitch of each."""
    starts, keep = begin.copy(), list(range(len(begin)))[:1]
    for i in range(1, len(begin)):
        last, frame = keep[-1], int(begin[i] * RATE / HOP)
        rise = float(strength[max(frame - 6, 0) : frame + 7].max(initial=0.0))
        dip = float(_dips(level, np.array([min(frame + 4, len(level) - 1)]))[0])
        struck = rise >= STRUCK or dip >= SILENT
        apart = abs(int(pitch[i] - pitch[last]))
        if begin[i] - end[i - 1] < 0.03 and not struck and apart == 1 and begin[i] - starts[last] < GLIDE:
            starts[i] = starts[last]
            keep[-1] = i
        elif begin[i] - end[i - 1] >= 0.03 or struck or apart:
            keep.append(i)
    ends = np.append(end[np.array(keep[1:], int) - 1], end[-1:])
    return starts[keep], ends, keep
