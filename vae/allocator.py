"""How the C library's allocator serves threads; does nothing where it is not glibc.

Python and torch have no setting for it, and glibc's environment variables would have to be there
before the process starts.
"""

import ctypes
import platform

M_ARENA_MAX = -8  # of glibc's mallopt


def share_arenas(count: int) -> None:
    """Let all threads share `count` arenas: with one each, every thread keeps its own peak."""
    if platform.libc_ver()[0] == "glibc":
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, count)
