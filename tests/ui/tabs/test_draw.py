"""Draw's questions to the server: completions of a drawing of which a part is hidden."""

import inspect
import json

import numpy as np
import pytest
import torch

from tests.pictures_of import drawing, packed, pixels
from tests.serving.in_process import small_service
from vae import framing, inference
from vae.ui import page
from vae.ui.server import pictures

INK = packed(drawing())
UPPER = "1" * 392 + "0" * 392  # visible


@pytest.fixture(scope="module")
def service():
    return small_service()


@pytest.fixture(scope="module")
def complete(service):
    blocks = page.build(service).blocks.values()
    part = next(block for block in blocks if getattr(block, "elem_id", None) == "draw")
    function = inspect.unwrap(part.complete)
    return lambda **request: json.loads(
        json.dumps(function({"ink": INK, "visible": UPPER, "seed": 1, **request}))
    )


def cells(strip: str) -> np.ndarray:
    """The nine digits of a strip: (9, 28, 28)."""
    return pixels(strip).reshape(28, 9, 28).transpose(1, 0, 2)


@pytest.mark.parametrize("refined", [True, False])
def test_nine_completions_keep_what_is_visible(complete, refined):
    found = complete(refined=refined)
    seen = (framing.frame(pictures.pad_ink(INK))[0] * 255).round().numpy()
    for digit in cells(found["strip"]):
        assert np.abs(digit[:14].astype(int) - seen[:14]).max() <= 1


def test_the_code_is_that_of_the_first_completion(service, complete):
    found = complete(model="conv")
    vae = service.models.named("conv").vae
    decoded = inference.decode(vae, torch.tensor([found["code"]]))[0, 0] * 255
    shown = cells(found["strip"])[0].astype(int)
    assert np.abs(shown[14:] - decoded.round().numpy()[14:]).max() <= 1


def test_completions_at_once_are_the_start_of_the_refined_ones(service, complete):
    """Both follow from one seed: the bank's codes, and those after steps of pseudo-Gibbs."""
    vae = service.models.named("conv").vae
    image = framing.frame(pictures.pad_ink(INK))
    mask = torch.tensor([int(each) for each in UPPER])
    for refined, steps in ((False, 0), (True, inference.STEPS)):
        codes = inference.complete_codes(
            vae, image, mask, 9, torch.Generator().manual_seed(1), steps
        )
        code = complete(model="conv", refined=refined)["code"]
        assert np.allclose(code, codes[0, 0], atol=1e-4)


@pytest.mark.parametrize("visible", [None, "", "1" * 783, "2" * 784, "x" * 784, 784, [1] * 3])
def test_what_is_no_mask_is_refused_in_a_sentence(complete, visible):
    assert "visible" in complete(visible=visible)["error"]


def test_an_empty_pad_has_no_completions(complete):
    empty = drawing([(0, 0), (0, 0)], width=0)
    empty.paste(0, (0, 0, *empty.size))
    assert complete(ink=packed(empty)).keys() == {"nothing"}
