"""Pictures of digits as people take them: photos, scans and screenshots, drawn from a seed.

`KINDS` names them; each takes a random generator and gives a `Photo`. Digits are the pen drawings
of tests/drawings.
"""

from tests.photos.kinds import KINDS, Photo

__all__ = ["KINDS", "Photo"]
