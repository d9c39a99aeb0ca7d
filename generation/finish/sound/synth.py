"""FluidSynth, as found in the wheel of pygame-ce or on the system, through ctypes: events in, sound out."""

import ctypes
import ctypes.util
import importlib.metadata
import os
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE = 44_100
SOUNDFONT = Path(__file__).parents[3] / "assets" / "soundfont" / "msg_mel.sf3"
GAIN = 0.35  # loud enough for float32, mastering sets the level
# A small hall, some 22 dB under the direct sound: the soundfont alone is bone dry.
REVERB = {"room-size": 0.72, "damp": 0.35, "width": 0.9, "level": 0.7}
REVERB_SEND = 48  # 0 … 127
SUSTAIN, REVERB_DEPTH = 64, 91  # controller numbers

Sound = NDArray[np.float32]  # (frames, 2): left and right
# (second, kind, channel, a, b): "on" pitch velocity, "off" pitch 0, "pedal" value 0. Sorted by second.
Event = tuple[float, Literal["on", "off", "pedal"], int, int, int]

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
    "fluid_synth_program_select": (ctypes.c_int, [ctypes.c_void_p, *[ctypes.c_int] * 4]),
    "fluid_synth_set_channel_type": (ctypes.c_int, [ctypes.c_void_p, *[ctypes.c_int] * 2]),
    "fluid_synth_set_interp_method": (ctypes.c_int, [ctypes.c_void_p, *[ctypes.c_int] * 2]),
    "fluid_synth_noteon": (ctypes.c_int, [ctypes.c_void_p, *[ctypes.c_int] * 3]),
    "fluid_synth_noteoff": (ctypes.c_int, [ctypes.c_void_p, *[ctypes.c_int] * 2]),
    "fluid_synth_cc": (ctypes.c_int, [ctypes.c_void_p, *[ctypes.c_int] * 3]),
    "fluid_synth_write_float": (
        ctypes.c_int,
        [ctypes.c_void_p, ctypes.c_int, *[ctypes.c_void_p, ctypes.c_int, ctypes.c_int] * 2],
    ),
    "fluid_set_log_function": (ctypes.c_void_p, [ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p]),
}


def library_path() -> str:
    """Where libfluidsynth is: in pygame-ce's wheel, whatever the platform's layout, else on the system."""
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
    if hasattr(os, "add_dll_directory"):  # Windows looks for the library's own libraries only where it is told to
        os.add_dll_directory(str(Path(path).parent))
    fluid = ctypes.CDLL(path)
    for name, (result, arguments) in _PARAMETERS.items():
        function = getattr(fluid, name)
        function.restype, function.argtypes = result, arguments
    for level in range(5):  # its words go to nobody; what matters is in its return codes
        fluid.fluid_set_log_function(level, None, None)
    return fluid


# Soundfonts that no synthesiser holds just now, each with the presets loaded that it was ever asked for. Finding the
# samples of a piano takes ten times as long as all else that makes a synthesiser.
_spare: dict[Path, list[int]] = {}


class Synth:
    """A synthesiser with the soundfont loaded; `programs[i]` is the preset of channel i.

    A new one for every rendering gives the same bytes for the same events. Raises OSError if there is no soundfont.
    """

    def __init__(self, programs: Iterable[int], soundfont: Path = SOUNDFONT) -> None:
        fluid, chosen = _fluid(), list(programs)
        self._settings = fluid.new_fluid_settings()
        fluid.fluid_settings_setint(self._settings, b"synth.midi-channels", max(16, -(-len(chosen) // 16) * 16))
        fluid.fluid_settings_setint(self._settings, b"synth.dynamic-sample-loading", 1)
        fluid.fluid_settings_setint(self._settings, b"synth.chorus.active", 0)
        fluid.fluid_settings_setint(self._settings, b"synth.lock-memory", 0)
        fluid.fluid_settings_setint(self._settings, b"synth.threadsafe-api", 0)
        fluid.fluid_settings_setnum(self._settings, b"synth.gain", GAIN)
        for name, value in REVERB.items():
            fluid.fluid_settings_setnum(self._settings, f"synth.reverb.{name}".encode(), value)
        self._synth = fluid.new_fluid_synth(self._settings)
        self._spare = _spare.setdefault(soundfont, [])
        font = -1
        if self._spare:
            font = fluid.fluid_synth_add_sfont(self._synth, self._spare.pop())
        elif soundfont.exists():
            font = fluid.fluid_synth_sfload(self._synth, str(soundfont).encode(), 0)
        self._font = fluid.fluid_synth_get_sfont_by_id(self._synth, font) if font != -1 else None
        if font == -1:
            self.close()
            raise OSError(f"The soundfont {soundfont} is missing or damaged.")
        for channel, program in enumerate(chosen):
            fluid.fluid_synth_set_channel_type(self._synth, channel, 0)  # channel 10 is no drum kit here
            pinned = fluid.fluid_synth_pin_preset(self._synth, font, 0, program)
            if pinned == -1 or fluid.fluid_synth_program_select(self._synth, channel, font, 0, program) == -1:
                self.close()
                raise OSError(f"The soundfont {soundfont} has no preset {program}.")
            fluid.fluid_synth_cc(self._synth, channel, REVERB_DEPTH, REVERB_SEND)

    def close(self) -> None:
        """Give its memory back, and the soundfont to whoever comes next."""
        if self._font is not None:
            _fluid().fluid_synth_remove_sfont(self._synth, self._font)
        _fluid().delete_fluid_synth(self._synth)
        _fluid().delete_fluid_settings(self._settings)
        if self._font is not None:  # only now does no voice of ours sound with its samples
            self._spare.append(self._font)

    def send(self, event: Event) -> None:
        """Play one event now."""
        _, kind, channel, a, b = event
        if kind == "on":
            _fluid().fluid_synth_noteon(self._synth, channel, a, b)
        elif kind == "off":
            _fluid().fluid_synth_noteoff(self._synth, channel, a)
        else:
            _fluid().fluid_synth_cc(self._synth, channel, SUSTAIN, a)

    def write(self, sound: Sound) -> None:
        """Fill `sound`, a contiguous stretch of frames, with what comes next."""
        if len(sound):
            pointer = sound.ctypes.data
            _fluid().fluid_synth_write_float(self._synth, len(sound), pointer, 0, 2, pointer, 1, 2)
