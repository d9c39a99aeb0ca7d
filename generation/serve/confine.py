"""Confine a process that reads strangers' files: no network, no files but its own, nothing that it does not need.

On Linux this needs no root, and it lasts for the life of the process and of all that it starts: Landlock closes the
file system; a filter of system calls closes the network and prevents tampering with other processes. Elsewhere only the
resource limits apply, and a line in the log says so.
"""

import contextlib
import ctypes
import os
import platform
import resource
import struct
import sys
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).parents[2]
OPEN_FILES = 256
LARGEST_FILE = 512 * 2**20  # bytes; a quarter of an hour of sound has 200 MB before it is encoded
PROCESSES = 512  # and threads, besides those running now, since the limit applies to a user, not to a process

# What may be read besides Python, our code and our assets: libraries, and facts about the machine that they need.
SYSTEM = ("/usr", "/lib", "/lib64", "/nix/store", "/etc/ld.so.cache", "/etc/localtime", "/sys/devices/system/cpu",
          "/proc/self", "/proc/cpuinfo", "/proc/meminfo", "/dev/urandom", "/dev/random")  # fmt: skip

# Landlock's rights. `ALL_RIGHTS`: version of the kernel's interface → all rights that it knows.
EXECUTE, WRITE_FILE, READ_FILE, READ_DIR, REMOVE_DIR, TRUNCATE = 1, 1 << 1, 1 << 2, 1 << 3, 1 << 4, 1 << 14
READ, ON_A_FILE = EXECUTE | READ_FILE | READ_DIR, EXECUTE | READ_FILE | WRITE_FILE | TRUNCATE
ALL_RIGHTS = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}
TCP, OTHERS = 0b11, 0b11  # bind and connect; other processes' abstract sockets, and signals to other processes
CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446  # on every architecture

NO_NEW_PRIVILEGES, SET_FILTER, FILTER_MODE = 38, 22, 2  # prctl's numbers
MACHINES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}  # the filter's id for it, its column in `REFUSED`
# System calls that are refused → their numbers on x86-64 and on ARM.
REFUSED = {
    "socket": (41, 198),
    "io_uring_setup": (425, 425),  # which could make sockets past the filter
    "io_uring_enter": (426, 426),
    "setsid": (112, 157),  # so that killing the process's group kills all that it started
    "setpgid": (109, 154),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "pidfd_getfd": (438, 438),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "open_by_handle_at": (304, 265),
    "unshare": (272, 97),
    "setns": (308, 268),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "keyctl": (250, 219),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "kexec_load": (246, 104),
    "reboot": (169, 142),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
}
X32 = 0x40000000  # a second numbering of the same calls on x86_64
LOAD, EQUAL, AT_LEAST, RETURN = 0x20, 0x15, 0x35, 0x06  # instructions of the filter's language, BPF
ALLOW, DENY = 0x7FFF0000, 0x00050000 | 1  # EPERM


def confine(scratch: Path) -> list[str]:
    """From now on let this process only compute and use the folder `scratch`. Returns, in words, what could not be
    taken away.

    Call it before any thread starts: only the calling thread and those that it starts later are confined.
    """
    os.environ["HOME"] = str(scratch)  # so that no user's settings apply
    _limit()
    if sys.platform != "linux":
        return [f"{sys.platform} cannot take network and files away from it"]
    libc, left = ctypes.CDLL(None, use_errno=True), []
    libc.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    _drop_capabilities(libc)
    for what, confined in (("files", _confine_files(libc, scratch)), ("the network", _confine_calls(libc))):
        if not confined:
            left.append(f"this kernel ({platform.release()} {platform.machine()}) cannot take {what} away from it")
    return left


def _limit() -> None:
    limits = {resource.RLIMIT_NOFILE: OPEN_FILES, resource.RLIMIT_FSIZE: LARGEST_FILE}
    with contextlib.suppress(OSError, ValueError):
        running = int(Path("/proc/loadavg").read_text().split()[3].partition("/")[2])
        limits[resource.RLIMIT_NPROC] = running + PROCESSES
    for kind, wanted in limits.items():
        hard = resource.getrlimit(kind)[1]
        limit = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(kind, (limit, limit))


def _drop_capabilities(libc: ctypes.CDLL) -> None:
    """Give up root's capabilities, except that of reading: root may run code that lies in another user's folder."""
    header = struct.pack("=Ii", 0x20080522, 0)
    reading = 1 << 2  # CAP_DAC_READ_SEARCH
    if os.geteuid() == 0:
        libc.capset(header, struct.pack("=6I", reading, reading, 0, 0, 0, 0))


def readable() -> Iterator[Path]:
    """The paths that a confined process may read: never the whole folder above our code, where a database may lie."""
    yield from (HERE / "generation", HERE / "assets")
    yield from (Path(path) for path in (sys.prefix, sys.base_prefix, *SYSTEM))
    if models := os.environ.get("ENCORE_MODELS"):
        yield Path(models)
    for path in map(Path, sys.path):
        if path.is_absolute() and not HERE.is_relative_to(path.resolve()):
            yield path


def _confine_files(libc: ctypes.CDLL, scratch: Path) -> bool:
    version = libc.syscall(CREATE_RULESET, None, 0, 1)
    if version < 1:
        return False
    handled = next(rights for known, rights in sorted(ALL_RIGHTS.items(), reverse=True) if version >= known)
    ruleset = struct.pack("=QQQ", handled, TCP, OTHERS)[: 8 if version < 4 else 16 if version < 6 else 24]
    rules = libc.syscall(CREATE_RULESET, ruleset, len(ruleset), 0)
    if rules < 0:
        return False
    try:
        for path in readable():
            _allow(libc, rules, path, READ & handled)
        _allow(libc, rules, Path("/dev/null"), (READ_FILE | WRITE_FILE) & handled)
        _allow(libc, rules, scratch, handled)
        _allow(libc, rules, scratch.parent, REMOVE_DIR)  # so that it can delete its own folder at its end
        return bool(libc.syscall(RESTRICT_SELF, rules, 0) == 0)
    finally:
        os.close(rules)


def _allow(libc: ctypes.CDLL, rules: int, path: Path, rights: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:  # not on this machine
        return
    try:
        libc.syscall(ADD_RULE, rules, 1, struct.pack("=Qi", rights if path.is_dir() else rights & ON_A_FILE, place), 0)
    finally:
        os.close(place)


def _confine_calls(libc: ctypes.CDLL) -> bool:
    if platform.machine() not in MACHINES or sys.maxsize < 2**32:
        return False
    name, column = MACHINES[platform.machine()]
    numbers = [row[column] for row in REFUSED.values()]
    program = [(LOAD, 0, 0, 4), (EQUAL, 1, 0, name), (RETURN, 0, 0, DENY), (LOAD, 0, 0, 0)]
    program += [(AT_LEAST, len(numbers) + 1, 0, X32)]
    program += [(EQUAL, len(numbers) - i, 0, number) for i, number in enumerate(numbers)]
    program += [(RETURN, 0, 0, ALLOW), (RETURN, 0, 0, DENY)]
    code = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *step) for step in program))
    described = ctypes.create_string_buffer(struct.pack("@HP", len(program), ctypes.addressof(code)))
    return bool(libc.prctl(SET_FILTER, FILTER_MODE, ctypes.byref(described), 0, 0) == 0)
