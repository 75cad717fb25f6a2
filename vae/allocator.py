"""How the C library's allocator keeps freed memory; does nothing where it is not glibc.

Python and torch have no setting for it, and glibc's environment variables would have to be there
before the process starts.
"""

import ctypes
import platform

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_ARENA_MAX = -1, -3, -8  # of glibc's mallopt


def keep_freed_memory() -> None:
    """Let a training step reuse what the step before freed, instead of asking the system anew."""
    _mallopt(M_MMAP_THRESHOLD, 1 << 25)  # the most that glibc takes
    _mallopt(M_TRIM_THRESHOLD, 1 << 30)


def share_arenas(count: int) -> None:
    """Let all threads share `count` arenas: with one each, every thread keeps its own peak."""
    _mallopt(M_ARENA_MAX, count)


def _mallopt(parameter: int, value: int) -> None:
    if platform.libc_ver()[0] == "glibc":
        ctypes.CDLL(None).mallopt(parameter, value)
