"""Pictures of digits as people take them: photos, scans and screenshots, drawn from a seed.

`KINDS` names them; each takes a random generator and gives a `Photo`. Digits are the pen drawings
of tests/drawings. `likeness` says how well the digit of one is found.
"""

from tests.photos.kinds import KINDS, Photo
from tests.photos.likeness import LIKE, likeness

__all__ = ["KINDS", "LIKE", "Photo", "likeness"]
