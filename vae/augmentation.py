"""Digits as other hands might have written them, and as draws of their grey levels.

Knows nothing of data sets or models. Images are (B, 1, 28, 28) in [0, 1], ink bright on black.
"""

import math

import torch
from torch import Tensor
from torch.nn import functional

SIDE = 28  # pixels

# About what separates one person's handwriting from another's.
ROTATION = math.radians(8)
SHEAR = 0.12
SCALE = 0.08
SHIFT_PIXELS = 1.0
THICKNESS = 0.35
# Elastic deformation (Simard et al., "Best practices for convolutional neural networks", 2003): the
# most that a point of a coarse grid moves, and the grid's points along a side.
ELASTIC_PIXELS = 1.2
ELASTIC_POINTS = 5
# Interpolation blurs, and grey pixels cost nats: this contrast restores the mean entropy of MNIST's
# pixels.
CONTRAST = 1.65


def augment(images: Tensor, share: float, generator: torch.Generator) -> Tensor:
    """The first `share` of a batch as other hands might have written it: (B, 1, 28, 28) in [0, 1].

    A random rotation, shear, scale and shift, strokes bent a little and made thinner or thicker.
    Batches are in random order, so the first images are any images.
    """
    count = round(share * len(images))
    if count == 0:
        return images

    def uniform(columns: int) -> Tensor:
        noise = torch.rand(count, columns, generator=generator, device=generator.device)
        return noise.to(images.device) * 2 - 1

    half = SIDE / 2  # pixels to the unit of a grid, which spans [-1, 1]
    grid = _affine(uniform(4), uniform(2) * (SHIFT_PIXELS / half))
    moved = uniform(2 * ELASTIC_POINTS**2) * (ELASTIC_PIXELS / half)
    grid += _elastic(moved.view(count, 2, ELASTIC_POINTS, ELASTIC_POINTS))
    changed = functional.grid_sample(images[:count], grid, align_corners=False)
    changed = _thicken(changed, (uniform(1) * THICKNESS).view(-1, 1, 1, 1))
    changed = ((changed - 0.5) * CONTRAST + 0.5).clamp(0, 1)
    return torch.cat((changed, images[count:]))


def binarise(images: Tensor, share: float, generator: torch.Generator) -> Tensor:
    """The last `share` of a batch with pixels drawn black or white: (B, 1, 28, 28) in [0, 1].

    A grey level is the probability of white. Drawn anew each time, no image is seen twice
    ("dynamic binarisation", Salakhutdinov & Murray, 2008), which guards against overfitting.
    """
    count = round(share * len(images))
    if count == 0:
        return images
    grey, drawn = images[:-count], images[-count:]
    return torch.cat((grey, torch.bernoulli(drawn, generator=generator)))


def _affine(angle_shear_scale: Tensor, shift: Tensor) -> Tensor:
    """Where each pixel is taken from, (B, 28, 28, 2); parameters (B, 4) and (B, 2) in [-1, 1]."""
    angle, shear, scale_x, scale_y = angle_shear_scale.unbind(1)
    angle, shear = angle * ROTATION, shear * SHEAR
    scale_x, scale_y = 1 + scale_x * SCALE, 1 + scale_y * SCALE
    cos, sin = angle.cos(), angle.sin()
    top = torch.stack((cos * scale_x, (shear * cos - sin) * scale_y), 1)
    bottom = torch.stack((sin * scale_x, (shear * sin + cos) * scale_y), 1)
    affine = torch.cat((torch.stack((top, bottom), 1), shift.unsqueeze(2)), 2)  # (B, 2, 3)
    return functional.affine_grid(affine, [len(affine), 1, SIDE, SIDE], align_corners=False)


def _elastic(moved: Tensor) -> Tensor:
    """How far each pixel moves, (B, 28, 28, 2), given how far P x P points do, (B, 2, P, P)."""
    points = moved.shape[-1]
    # Bicubic interpolation is linear and the same along either axis: one matrix serves the batch.
    unit = torch.eye(points, device=moved.device).view(1, 1, points, points)
    spread = functional.interpolate(unit, (SIDE, points), mode="bicubic", align_corners=True)[0, 0]
    return (spread @ moved @ spread.T).permute(0, 2, 3, 1)


def _thicken(images: Tensor, amount: Tensor) -> Tensor:
    """Strokes thickened, or thinned where `amount` (B, 1, 1, 1) is negative.

    Moves each pixel towards its neighbourhood's maximum, or its minimum, by that share of the way.
    """
    sign = amount.sign()  # the minimum is the negative's maximum
    utmost = sign * functional.max_pool2d(sign * images, 3, stride=1, padding=1)
    return images.lerp(utmost, amount.abs())
