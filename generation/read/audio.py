"""Read a recording of one melody: the bytes of an audio file → a song of one part, as it was sung or played."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from generation.music.clock import DEFAULT_TEMPO, Tempo
from generation.music.key import find_key
from generation.music.notes import Notes
from generation.music.reading import Reading
from generation.music.song import Part, Recorded, Song
from generation.read.pitch import OWN_RATE, Track, held, pitch_track, tonal
from generation.read.recording import RATE, Samples, decoded
from generation.read.transcribe import Heard, transcribed
from generation.request import Refusal, Words

FEWEST = 4  # notes
AUDIBLE = 0.1  # of full scale: a recording that is softer throughout is made so loud before anything is sought in it
# The least share of a melody's loud frames that has a pitch, times the certainty of its notes. Of 65 recordings of one
# voice the lowest are at 0.70 (a piano in a hall) and 0.74; of 16 of several, the highest is at 0.62, but for a piano
# with a thin left hand, at 0.78.
HEARD = 0.65
# Speech is off by more semitones from the nearest pitch, on average, and keeps its pitch for less of the time. In 20
# recordings of one speaker it is off by 0.20 or more, and 0.21 of it is held at most; two people who sing with glides
# are off by 0.17 and 0.20, and hold 0.59 and 0.66.
OFF, HELD = 0.15, 0.4
ALONE = 0.6  # the least share of the power at multiples of the pitch, where one voice sounds alone
TONAL = 0.5  # the share of the power in a few partials, above which a sound without a clear pitch is a chord
LOUD = 20.0  # decibels below the loudest frames, down to which frames are loud
LOW, HIGH = 55, 79  # of the middle pitch: men hum below, and people whistle above, the octave that they mean
# Share of the time: if spectrum and network disagree about the octave in more of it, either may be right.
LOWERED = 0.25
SHARP, DRIFT = 15, 0.3  # cents throughout, semitones from the beginning to the end: less than that is not mentioned
SOFT, WIDTH = 50, 12.0  # the least velocity of an average note, decibels from there to the loudest one


def read_audio(data: bytes) -> Song:
    """The melody of a recording, at two quarters a second until its beat is found. Raises `Refusal` for anything but a
    single melody, and says what was heard instead."""
    heard = decoded(data)
    heard *= max(1.0, AUDIBLE / float(np.abs(heard).max()))
    track = pitch_track(heard)
    sound = _halved(heard)
    notes = transcribed(track, sound)
    _check(notes, track, sound)
    per_second = DEFAULT_TEMPO / 60
    duration = np.maximum(notes.end - notes.onset, 0.03)
    return Song(
        parts=(
            Part(
                Notes(notes.onset * per_second, duration * per_second, notes.pitch, _velocity(notes)),
                place=Words("the recording"),
                role="lead",
            ),
        ),
        tempo=(Tempo(0.0, DEFAULT_TEMPO),),
        keys=((0.0, find_key(notes.pitch, duration)),),
        remarks=_remarks(notes),
        recorded=Recorded(
            float(notes.onset[0]), float(notes.tuning[-1]), _octaves(notes.pitch, notes.lowered > LOWERED)
        ),
    )


def in_octave(reading: Reading, octave: int) -> Reading:
    """What was heard in a recording, so many octaves higher. Raises `Refusal` where there is no recording, or no such
    pitch."""
    song = reading.song
    if not octave:
        return reading
    if song.recorded is None:
        raise Refusal("There is no recording in this file, so no octave was misheard. Leave the octave out.")
    pitch = reading.line.pitch + 12 * octave
    if pitch.min() < 0 or pitch.max() > 127:
        raise Refusal("There are no such notes {octave} octaves away. Leave the octave as it is.", octave=abs(octave))
    parts = tuple(replace(part, notes=replace(part.notes, pitch=part.notes.pitch + 12 * octave)) for part in song.parts)
    back = -1 if octave > 0 else 1
    others = tuple(sorted({back, *_octaves(pitch)}))
    return replace(
        reading,
        song=replace(song, parts=parts, recorded=replace(song.recorded, octaves=others)),
        line=replace(reading.line, pitch=pitch),
    )


def _octaves(pitch: NDArray[np.int64], lowered: bool = False) -> tuple[int, ...]:
    """By how many octaves higher (1) or lower (−1) these pitches may have been meant, if at all."""
    middle = float(np.median(pitch))
    return (-1,) if middle > HIGH else (1,) if middle < LOW or lowered else ()


def _halved(heard: Samples) -> Samples:
    """The samples at `OWN_RATE`."""
    assert RATE == 2 * OWN_RATE
    return np.asarray(heard[: len(heard) // 2 * 2].reshape(-1, 2).mean(axis=1))


def _check(notes: Heard, track: Track, sound: Samples) -> None:
    """Raises `Refusal` unless this is one melody."""
    loud = track.level > track.level.max() - LOUD
    pitched = float((track.sure[loud] >= 0.5).mean())
    clear = len(notes) > 0 and pitched * float(notes.sure.mean()) >= HEARD
    if (len(notes) and notes.alone < ALONE) or (not clear and tonal(sound) > TONAL):
        raise Refusal(
            "Several tones sound at the same time in this recording; Encore can follow only one voice or "
            "instrument. Hum, whistle or play the melody by itself."
        )
    if not clear:
        raise Refusal(
            "No melody is heard in this recording: only {percent} % of it has a clear pitch. Hum, whistle or play one "
            "note at a time, close to the microphone.",
            percent=round(100 * pitched),
        )
    off = float(np.average(np.abs(notes.off), weights=notes.end - notes.onset)) if len(notes) else 0.0
    if off > OFF and held(track) < HELD:
        raise Refusal(
            "This sounds like speech, or lies between the notes throughout; Encore listens for notes that are held. "
            "Hum, whistle or play the melody."
        )
    if len(notes) < FEWEST:
        raise Refusal(
            "Only one note is heard in this recording; a melody needs {least}. Record a longer one.",
            "Only {count} notes are heard in this recording; a melody needs {least}. Record a longer one.",
            count=len(notes),
            least=FEWEST,
        )


def _velocity(notes: Heard) -> NDArray[np.int64]:
    """(n,) 1 … 127, from how loud each note is among the others."""
    level = notes.level - float(np.median(notes.level))
    return np.clip(np.round(80 + level * (127 - 80) / WIDTH), SOFT, 120).astype(np.int64)


def _remarks(notes: Heard) -> tuple[Words, ...]:
    """What was heard, and how certain it is."""
    sure = round(100 * float(np.average(notes.sure * (1 - np.abs(notes.off)), weights=notes.end - notes.onset)))
    heard = Words("{count} notes were heard, {percent} % sure", count=len(notes), percent=sure)
    begin, end = float(notes.tuning[0]), float(notes.tuning[-1])
    if abs(end - begin) >= DRIFT:
        away = round(100 * abs(end - begin))
        rose = Words("you rose by {cents} cents on the way, which was corrected", cents=away)
        sank = Words("you sank by {cents} cents on the way, which was corrected", cents=away)
        return heard, rose if end > begin else sank
    cents = round(100 * float(notes.tuning.mean()))
    if abs(cents) < SHARP:
        return (heard,)
    if cents > 0:
        return heard, Words("you were {cents} cents sharp, which was corrected", cents=cents)
    return heard, Words("you were {cents} cents flat, which was corrected", cents=-cents)
