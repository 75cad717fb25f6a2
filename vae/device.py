"""The device that a --device flag stands for."""

import torch

NAMES = ("auto", "cpu", "cuda", "mps")


class DeviceUnavailable(RuntimeError):
    """This machine or this torch lacks the device; the message is one sentence."""


def choose(name: str = "auto") -> torch.device:
    """The device called `name`; "auto" is the accelerator where there is one, else the CPU.

    Raises DeviceUnavailable.
    """
    accelerator = torch.accelerator.is_available() and torch.accelerator.current_accelerator()
    if name == "auto":
        return accelerator or torch.device("cpu")
    if name == "cpu":
        return torch.device("cpu")
    if not accelerator or accelerator.type != name:
        raise DeviceUnavailable(
            f"--device {name}: this machine or this torch has none; try --device cpu."
        )
    return accelerator
