"""What the programs print reaches any console."""

import io
import sys


def print_anything() -> None:
    """Print a replacement for each character that the console's encoding lacks."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
