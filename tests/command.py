"""A command line, run within this process."""

from collections.abc import Callable, Sequence


def exit_code(main: Callable[[Sequence[str]], int], words: Sequence[str]) -> int:
    """What the shell would see: what `main` returns, or the code with which it exits."""
    try:
        return main(words)
    except SystemExit as end:
        assert isinstance(end.code, int)
        return end.code
