"""Compares states of training runs bit for bit."""

import torch


def same(one: object, other: object) -> bool:
    """Whether two states are equal bit for bit, all seconds apart."""
    if isinstance(one, torch.Tensor):
        return one.dtype == other.dtype and torch.equal(one, other)
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(
            key == "seconds" or same(one[key], other[key]) for key in one
        )
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other
