"""What tests hear and read: MP3 and MIDI taken apart by other programs than those that made them."""

import subprocess
from fractions import Fraction

import imageio_ffmpeg
import music21
import numpy as np
from numpy.typing import NDArray

RATE = 44_100


def decode(mp3: bytes) -> NDArray[np.float32]:
    """(frames, 2): the sound that a player plays."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", "-", "-f", "f32le", "-ac", "2", "-"]
    pcm = subprocess.run(command, input=mp3, capture_output=True, check=True).stdout
    return np.frombuffer(pcm, np.float32).reshape(-1, 2)


def decibels(sound: NDArray[np.float32]) -> float:
    """RMS level."""
    return float(20 * np.log10(np.sqrt(np.mean(np.square(sound, dtype=np.float64))) + 1e-12))


def midi_tracks(data: bytes) -> tuple[int, list[list[tuple[int, music21.midi.MidiEvent]]]]:
    """Ticks a quarter, and the events of every track with their tick."""
    file = music21.midi.MidiFile()
    file.readstr(data)
    tracks = []
    for track in file.tracks:
        tick, events = 0, []
        for event in track.events:
            if event.isDeltaTime():
                tick += event.time
            else:
                events.append((tick, event))
        tracks.append(events)
    return file.ticksPerQuarterNote, tracks


def midi_notes(events: list[tuple[int, music21.midi.MidiEvent]]) -> list[tuple[int, int, int, int, int]]:
    """(on tick, off tick, pitch, velocity, channel) by on tick; every note has its own end."""
    sounding: dict[tuple[int, int], list[tuple[int, int]]] = {}
    notes = []
    for tick, event in events:
        if event.isNoteOn():
            sounding.setdefault((event.channel, event.pitch), []).append((tick, event.velocity))
        elif event.isNoteOff():
            on, velocity = sounding[event.channel, event.pitch].pop(0)
            notes.append((on, tick, event.pitch, velocity, event.channel))
    assert not any(sounding.values())
    return sorted(notes)


def score_notes(text: str, kind: str) -> list[tuple[Fraction, Fraction, int]]:
    """(onset, duration, pitch) in quarters of ABC or MusicXML as music21 reads it, tied notes joined."""
    part = music21.converter.parseData(text, format=kind)
    part = part.parts[0] if isinstance(part, music21.stream.Score) else part
    notes: list[tuple[Fraction, Fraction, int]] = []
    for note in part.recurse().notes:
        if isinstance(note, music21.harmony.Harmony):
            continue
        onset, duration = Fraction(note.getOffsetInHierarchy(part)), Fraction(note.quarterLength)
        onset, duration = onset.limit_denominator(5000), duration.limit_denominator(5000)
        if note.tie is not None and note.tie.type in ("stop", "continue"):
            before = notes.pop()
            assert before[0] + before[1] == onset and before[2] == note.pitch.midi
            notes.append((before[0], before[1] + duration, before[2]))
        else:
            notes.append((onset, duration, note.pitch.midi))
    return notes
