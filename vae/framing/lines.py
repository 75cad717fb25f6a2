"""Printed lines: those of ruled and squared paper, the sides of a box."""

import math

import numpy as np
from scipy import ndimage

LONG = 0.4  # of the picture's width or height: a shorter straight line may be a digit's stroke
WHOLE = 0.9  # of it: a line this long is printed, wherever it ends
UNBROKEN = 0.65  # of a line's pixels, at least, are seen: grain hides the rest
THICK = 0.02  # of the picture's longer side: what is thicker is no printed line
THICKER, DARKER = 1.6, 2.5  # than a line usually is: a stroke crosses it
SMALLEST = 64  # pixels: a smaller picture shows no printed lines
COARSE = 256  # pixels: lines are sought in a picture reduced to about this length
ANGLES = np.arange(-8, 8.1, 0.5)  # degrees: lines of a picture held askew
FAN = np.arange(-1.5, 1.6, 0.5)  # degrees around the commonest: lines seen from one side


def printed_lines(mask: np.ndarray, marks: np.ndarray) -> np.ndarray:
    """The pixels of printed lines in a mask of marks (H, W): a mask (H, W).

    Lines run along either axis, at up to eight degrees. A line that does not cross the picture
    counts only where it begins and ends at others of that kind or at the picture's edge, as a box's
    side does. Pixels that a stroke shares with a line are the stroke's where it crosses steeply or
    `marks` (H, W) is darker than the line.
    """
    if max(mask.shape) < SMALLEST:
        return np.zeros_like(mask)
    whole, parts = _along_rows(mask, marks)
    whole_upright, parts_upright = (each.T for each in _along_rows(mask.T.copy(), marks.T))
    level = whole | _stopped(parts, parts_upright & ~whole_upright)
    upright = whole_upright | _stopped(parts_upright.T, (parts & ~whole).T).T
    lines = level | upright
    if not lines.any():
        return lines
    return lines | _rests(mask & ~lines, lines)


def _rests(rest: np.ndarray, lines: np.ndarray) -> np.ndarray:
    """The pieces of what is left (H, W) that lie on the lines alone: crossings and fringes."""
    near = ndimage.maximum_filter(lines.view(np.uint8), 5).view(bool)
    labels, count = ndimage.label(rest, np.ones((3, 3)))
    outside = np.bincount(labels[rest & ~near], minlength=count + 1)
    return rest & (outside == 0)[labels]


def _along_rows(mask: np.ndarray, marks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The thin pixels of straight lines along the rows of a mask (H, W): of whole ones, of all."""
    factor = max(1, round(max(mask.shape) / COARSE))
    height, width = mask.shape
    small = np.zeros((math.ceil(height / factor), math.ceil(width / factor)), bool)
    rows, columns = np.nonzero(mask)
    small[rows // factor, columns // factor] = True
    whole, parts = _long(small)
    if not parts.any():
        return np.zeros_like(mask), np.zeros_like(mask)
    thickness = _runs(mask)
    thin = mask & (thickness <= max(4, round(THICK * max(mask.shape))))

    def fine(found: np.ndarray) -> np.ndarray:
        band = ndimage.maximum_filter1d(found.view(np.uint8), 3, axis=0).view(bool)
        band = band.repeat(factor, 0).repeat(factor, 1)[:height, :width] & thin
        if not band.any():
            return band
        as_thin = thickness <= THICKER * np.median(thickness[band]) + 1
        return band & as_thin & (marks <= DARKER * np.median(marks[band]))

    return fine(whole), fine(parts)


def _runs(mask: np.ndarray) -> np.ndarray:
    """For each pixel of a mask (H, W), the length of the vertical run that it lies in."""
    labels, _ = ndimage.label(mask, [[0, 1, 0]] * 3)
    return np.bincount(labels.ravel())[labels] * mask


def _long(small: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The pixels of a mask (H, W) on lines near the commonest slope: on whole ones, on all."""
    height, width = small.shape
    rows, columns = np.nonzero(small)
    across = columns - width / 2
    room = math.ceil(width / 2 * math.tan(math.radians(ANGLES[-1] + FAN[-1]))) + 2
    reach = max(3, round(LONG * width)) | 1
    whole, parts = np.zeros_like(small), np.zeros_like(small)

    def turned(angle: float) -> np.ndarray:
        return rows + np.rint(across * math.tan(math.radians(angle))).astype(int) + room

    profiles = [np.bincount(turned(angle), minlength=1).astype(float) for angle in ANGLES]
    commonest = ANGLES[np.argmax([(profile**2).sum() for profile in profiles])]
    for angle in commonest + FAN:
        level = np.zeros((height + 2 * room, width), np.float32)
        level[turned(angle), columns] = 1
        level = ndimage.maximum_filter1d(level, 3, axis=0)
        seen = ndimage.uniform_filter1d(level, reach, axis=1, mode="nearest") >= UNBROKEN
        line = ndimage.maximum_filter1d(seen.view(np.uint8), reach, axis=1)
        found = line[turned(angle), columns] > 0
        parts[rows, columns] |= found
        across_all = line.mean(1) >= WHOLE
        whole[rows, columns] |= found & across_all[turned(angle)]
    return whole, parts


def _stopped(lines: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Those of the lines (H, W) along the rows that end at `others` or at the picture's edge."""
    margin = max(3, round(THICK * max(lines.shape)))
    joined = ndimage.maximum_filter(lines.view(np.uint8), (5, 2 * margin + 1))
    labels, _ = ndimage.label(joined, np.ones((3, 3)))
    labels *= lines
    stops = ndimage.maximum_filter(others.view(np.uint8), 2 * margin + 1).astype(bool)
    stops[:, :margin] = stops[:, -margin:] = True
    stopped = [False]
    for number, place in enumerate(ndimage.find_objects(labels), 1):
        own = labels[place] == number
        long = own.shape[1] >= LONG * lines.shape[1]
        ends = [stops[place][own[:, end], end].any() for end in (0, -1)]
        stopped.append(bool(long and all(ends)))
    return np.array(stopped)[labels]
