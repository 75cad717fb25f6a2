"""The device that a flag stands for."""

import pytest
import torch

from vae import device


@pytest.fixture
def accelerator(monkeypatch):
    """Let torch report an accelerator of a kind, or none."""

    def fake(kind: str | None) -> None:
        found = torch.device(kind) if kind else None
        monkeypatch.setattr(torch.accelerator, "is_available", lambda: kind is not None)
        monkeypatch.setattr(torch.accelerator, "current_accelerator", lambda: found)

    return fake


@pytest.mark.parametrize(
    ("there", "flag", "expected"),
    [
        (None, "auto", "cpu"),
        ("cuda", "auto", "cuda"),
        ("mps", "auto", "mps"),
        ("xpu", "auto", "xpu"),
        ("cuda", "cpu", "cpu"),
        ("cuda", "cuda", "cuda"),
        ("mps", "mps", "mps"),
    ],
)
def test_the_accelerator_where_there_is_one_or_what_was_asked_for(
    accelerator, there, flag, expected
):
    accelerator(there)
    assert device.choose(flag) == torch.device(expected)


@pytest.mark.parametrize(("there", "flag"), [(None, "cuda"), (None, "mps"), ("cuda", "mps")])
def test_a_device_that_is_not_there_is_refused_in_one_sentence(accelerator, there, flag):
    accelerator(there)
    with pytest.raises(device.DeviceUnavailable, match=rf"^--device {flag}: [^\n]*\.$"):
        device.choose(flag)
