"""The density ratio against Gaussians, whose ratio to the prior is known."""

import pytest
import torch
from torch.optim import Adam

from vae.density_ratio import DensityRatio
from vae.model import Gaussian


def learnt(posterior: Gaussian, steps: int = 200) -> DensityRatio:
    """A ratio that learnt from batches of these posteriors (N, D)."""
    torch.manual_seed(0)
    ratio, generator = DensityRatio(posterior.mean.shape[1]), torch.Generator().manual_seed(0)
    optimizer = Adam(ratio.parameters(), lr=2e-3)
    for _ in range(steps):
        optimizer.zero_grad()
        ratio.loss(posterior, generator).backward()
        optimizer.step()
    return ratio


def test_it_learns_the_log_ratio_of_a_gaussian_to_the_prior():
    mean, deviation = torch.tensor([0.7, -0.4, 0.0]), torch.tensor([0.6, 0.9, 1.0])
    aggregate = Gaussian(mean, 2 * deviation.log())
    ratio = learnt(Gaussian(*(part.expand(64, 3) for part in aggregate)))
    many = Gaussian(*(part.expand(128, 3) for part in aggregate))
    codes = many.sample(torch.Generator().manual_seed(1))
    distribution = torch.distributions.Normal(mean, deviation)
    prior = torch.distributions.Normal(0.0, 1.0)
    expected = (distribution.log_prob(codes) - prior.log_prob(codes)).sum(1)
    with torch.no_grad():
        found = ratio(codes)
    # Its mean is the divergence; its slopes are what a model descends.
    assert found.mean().item() == pytest.approx(expected.mean().item(), abs=0.1)
    assert torch.corrcoef(torch.stack((found, expected)))[0, 1] > 0.97


def test_it_sees_no_difference_where_there_is_none():
    """The average of the posteriors counts, not each of them: these make up the prior exactly."""
    generator = torch.Generator().manual_seed(2)
    mean = 0.8 * torch.randn(256, 2, generator=generator)
    posterior = Gaussian(mean, torch.full_like(mean, 0.36).log())
    ratio = learnt(posterior, steps=40)
    with torch.no_grad():
        assert abs(ratio(posterior.sample(generator)).mean().item()) < 0.05


def test_it_sees_a_hole_that_no_gaussian_has():
    """Two clusters with the prior's mean and variance: only their shape tells them from it."""
    generator = torch.Generator().manual_seed(3)
    side = torch.randint(0, 2, (64, 1), generator=generator) * 2.0 - 1
    posterior = Gaussian(0.95 * side, torch.full_like(side, 1 - 0.95**2).log())
    ratio = learnt(posterior)
    with torch.no_grad():
        there, hole = ratio(torch.tensor([[0.95], [-0.95]])), ratio(torch.zeros(1, 1))
    assert there.min() > 0.5
    assert hole.item() < -1


def test_no_gradient_reaches_the_posteriors_it_learns_from():
    mean = torch.zeros(4, 2, requires_grad=True)
    log_variance = torch.zeros(4, 2, requires_grad=True)
    ratio = DensityRatio(2)
    ratio.loss(Gaussian(mean, log_variance)).backward()
    assert mean.grad is None
    assert log_variance.grad is None
    assert all(parameter.grad is not None for parameter in ratio.parameters())
