"""FluidSynth through ctypes, from the wheel of pygame-ce or from the system: events in, sound out."""

import ctypes
import ctypes.util
import importlib.metadata
import os
import sys
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Literal

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE = 44_100
SOUNDFONT = Path(__file__).parents[3] / "assets" / "soundfont" / "MuseScore_General.sf3"
GAIN = 0.35  # any level will do in float32: mastering sets the loudness
# A small hall, about 22 dB below the direct sound: the soundfont alone is completely dry.
REVERB = {"room-size": 0.72, "damp": 0.35, "width": 0.9, "level": 0.7}
REVERB_SEND = 48  # 0 … 127
REVERB_DEPTH = 91  # the controller's number
KEPT = 16  # presets whose samples stay in memory while no synthesiser uses the soundfont
DRUM_BANK = 128
PIANO = (0, 0)  # every channel's first preset, always kept

Sound = NDArray[np.float32]  # (frames, 2): left and right
# (second, kind, channel, a, b): "on" pitch velocity, "off" pitch 0, "control" number value, "bend" 0 … 16383 0,
# "program" bank number.
Kind = Literal["on", "off", "control", "bend", "program"]
Event = tuple[float, Kind, int, int, int]

_PARAMETERS: dict[str, tuple[type | None, list[type]]] = {
    "new_fluid_settings": (ctypes.c_void_p, []),
    "delete_fluid_settings": (None, [ctypes.c_void_p]),
    "fluid_settings_setint": (ctypes.c_int, [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int]),
    "fluid_settings_setnum": (ctypes.c_int, [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_double]),
    "new_fluid_synth": (ctypes.c_void_p, [ctypes.c_void_p]),
    "delete_fluid_synth": (None, [ctypes.c_void_p]),
    "fluid_synth_sfload": (ctypes.c_int, [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int]),
    "fluid_synth_add_sfont": (ctypes.c_int, [ctypes.c_void_p, ctypes.c_void_p]),
    "fluid_synth_get_sfont_by_id": (ctypes.c_void_p, [ctypes.c_void_p, ctypes.c_int]),
    "fluid_synth_remove_sfont": (ctypes.c_int, [ctypes.c_void_p, ctypes.c_void_p]),
    "fluid_synth_pin_preset": (ctypes.c_int, [ctypes.c_void_p, *[ctypes.c_int] * 3]),
    "fluid_synth_bank_select": (ctypes.c_int, [ctypes.c_void_p, *[ctypes.c_int] * 2]),
    "fluid_synth_unpin_preset": (ctypes.c_int, [ctypes.c_void_p, *[ctypes.c_int] * 3]),
    "fluid_synth_program_select": (ctypes.c_int, [ctypes.c_void_p, *[ctypes.c_int] * 4]),
    "fluid_synth_set_channel_type": (ctypes.c_int, [ctypes.c_void_p, *[ctypes.c_int] * 2]),
    "fluid_synth_set_interp_method": (ctypes.c_int, [ctypes.c_void_p, *[ctypes.c_int] * 2]),
    "fluid_synth_noteon": (ctypes.c_int, [ctypes.c_void_p, *[ctypes.c_int] * 3]),
    "fluid_synth_noteoff": (ctypes.c_int, [ctypes.c_void_p, *[ctypes.c_int] * 2]),
    "fluid_synth_pitch_bend": (ctypes.c_int, [ctypes.c_void_p, *[ctypes.c_int] * 2]),
    "fluid_synth_cc": (ctypes.c_int, [ctypes.c_void_p, *[ctypes.c_int] * 3]),
    "fluid_synth_write_float": (
        ctypes.c_int,
        [ctypes.c_void_p, ctypes.c_int, *[ctypes.c_void_p, ctypes.c_int, ctypes.c_int] * 2],
    ),
    "fluid_set_log_function": (ctypes.c_void_p, [ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p]),
}


def library_path() -> str:
    """The path of libfluidsynth: in pygame-ce's wheel, on any platform, else on the system. Raises OSError if there is
    none."""
    try:
        files = importlib.metadata.files("pygame-ce") or []
    except importlib.metadata.PackageNotFoundError:
        files = []
    for file in files:
        path = Path(str(file.locate()))
        if "fluidsynth" in file.name.lower() and {".so", ".dylib", ".dll"} & set(path.suffixes) and path.exists():
            return str(path)
    if found := ctypes.util.find_library("fluidsynth"):
        return found
    raise OSError("FluidSynth is missing: install the wheel of pygame-ce, which carries it, or libfluidsynth3.")


@cache
def _fluid() -> ctypes.CDLL:
    path = library_path()
    if hasattr(os, "add_dll_directory"):  # Windows searches only named folders for the libraries that it depends on
        os.add_dll_directory(str(Path(path).parent))
    fluid = ctypes.CDLL(path)
    for name, (result, arguments) in _PARAMETERS.items():
        function = getattr(fluid, name)
        function.restype, function.argtypes = result, arguments
    for level in range(5):  # silence its log: the return codes say enough
        fluid.fluid_set_log_function(level, None, None)
    return fluid


def unpacked_path() -> Path:
    """Where `unpack` writes the soundfont with its piano decoded: another soundfont's would have another name."""
    return Path(sys.prefix) / "encore" / f"{SOUNDFONT.stem}-{SOUNDFONT.stat().st_size}.sf3"


@cache
def _soundfont() -> Path:
    """The soundfont, with its piano decoded where that has been done; see `unpack`."""
    if SOUNDFONT.exists() and unpacked_path().exists():
        return unpacked_path()
    return SOUNDFONT


@dataclass
class _Font:
    """A soundfont in memory, and the presets (bank, program) whose samples are loaded, the last used last."""

    pointer: int
    pinned: dict[tuple[int, int], None] = field(default_factory=dict)


# Soundfonts that no synthesiser uses at the moment, with their loaded presets. Loading the samples of a piano takes ten
# times as long as everything else in making a synthesiser.
_spare: dict[Path, list[_Font]] = {}
# The first synthesiser of a process fills FluidSynth's tables; one that is made meanwhile would play from half of them.
_making = Lock()


class Synth:
    """A synthesiser with the soundfont loaded and a piano on every channel. Raises OSError if there is no soundfont.

    Use a new one for every rendering: then the same events give the same bytes.
    """

    def __init__(self, channels: int, soundfont: Path | None = None) -> None:
        fluid, count = _fluid(), max(16, -(-channels // 16) * 16)
        soundfont = soundfont or _soundfont()
        self._settings = fluid.new_fluid_settings()
        fluid.fluid_settings_setint(self._settings, b"synth.midi-channels", count)
        fluid.fluid_settings_setint(self._settings, b"synth.dynamic-sample-loading", 1)
        fluid.fluid_settings_setint(self._settings, b"synth.chorus.active", 0)
        fluid.fluid_settings_setint(self._settings, b"synth.lock-memory", 0)
        fluid.fluid_settings_setint(self._settings, b"synth.threadsafe-api", 0)
        fluid.fluid_settings_setnum(self._settings, b"synth.gain", GAIN)
        for name, value in REVERB.items():
            fluid.fluid_settings_setnum(self._settings, f"synth.reverb.{name}".encode(), value)
        with _making:
            self._synth = fluid.new_fluid_synth(self._settings)
        for channel in range(9, count, 16):  # before presets are chosen, or else drum kits would be loaded
            fluid.fluid_synth_set_channel_type(self._synth, channel, 0)
            fluid.fluid_synth_bank_select(self._synth, channel, 0)
        self._soundfont, self._font, self._id = soundfont, None, -1
        spare = _spare.setdefault(soundfont, [])
        if spare:
            self._font = spare.pop()
            self._id = fluid.fluid_synth_add_sfont(self._synth, self._font.pointer)
        elif soundfont.exists():
            self._id = fluid.fluid_synth_sfload(self._synth, str(soundfont).encode(), 0)
            self._font = _Font(fluid.fluid_synth_get_sfont_by_id(self._synth, self._id)) if self._id != -1 else None
        if self._font is None:
            self.close()
            raise OSError(f"The soundfont {soundfont} is missing or damaged.")
        for channel in range(channels):
            fluid.fluid_synth_cc(self._synth, channel, REVERB_DEPTH, REVERB_SEND)

    def close(self) -> None:
        """Free the synthesiser, and keep its soundfont for the next one."""
        fluid = _fluid()
        if self._font is not None:
            for bank, program in [preset for preset in self._font.pinned if preset != PIANO][:-KEPT]:
                fluid.fluid_synth_unpin_preset(self._synth, self._id, bank, program)
                del self._font.pinned[bank, program]
            fluid.fluid_synth_remove_sfont(self._synth, self._font.pointer)
        fluid.delete_fluid_synth(self._synth)
        fluid.delete_fluid_settings(self._settings)
        if self._font is not None:  # only now does no voice of this synthesiser use its samples
            _spare[self._soundfont].append(self._font)

    def send(self, event: Event) -> None:
        """Play one event now."""
        _, kind, channel, a, b = event
        if kind == "on":
            _fluid().fluid_synth_noteon(self._synth, channel, a, b)
        elif kind == "off":
            _fluid().fluid_synth_noteoff(self._synth, channel, a)
        elif kind == "control":
            _fluid().fluid_synth_cc(self._synth, channel, a, b)
        elif kind == "bend":
            _fluid().fluid_synth_pitch_bend(self._synth, channel, a)
        else:
            self._select(channel, a, b)

    def _select(self, channel: int, bank: int, program: int) -> None:
        """Put a preset on a channel; if the soundfont lacks it, the plain instrument or drum kit of its kind."""
        fluid, plain = _fluid(), ((bank, program // 8 * 8), (bank, 0)) if bank == DRUM_BANK else ((0, program),)
        assert self._font is not None
        for preset in ((bank, program), *plain):
            if fluid.fluid_synth_pin_preset(self._synth, self._id, *preset) != -1:
                self._font.pinned.pop(preset, None)
                self._font.pinned[preset] = None
                fluid.fluid_synth_program_select(self._synth, channel, self._id, *preset)
                return
        raise OSError(f"The soundfont {self._soundfont} has no preset {program}.")

    def write(self, sound: Sound) -> None:
        """Render the next frames into `sound` (frames, 2), which must be contiguous."""
        if len(sound):
            pointer = sound.ctypes.data
            _fluid().fluid_synth_write_float(self._synth, len(sound), pointer, 0, 2, pointer, 1, 2)
