"""The two terms of the negative ELBO against torch.distributions and enumeration."""

import torch
from torch.distributions import Bernoulli, Independent, Normal, kl_divergence

from vae.loss import negative_elbo, reconstruction_term
from vae.model import Gaussian


def rand(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed))


def test_binary_images_cost_their_negative_log_likelihood():
    logits = 8 * rand(3, 1, 28, 28) - 4
    binary = rand(3, 1, 28, 28, seed=1).round()
    expected = -Independent(Bernoulli(logits=logits), 3).log_prob(binary)
    assert torch.allclose(reconstruction_term(logits, binary), expected, rtol=1e-5)


def test_grey_images_cost_the_expectation_over_their_binarisations():
    """sum_b p(b) * -log p(b | z), with both values of every pixel enumerated."""
    logits = (8 * rand(3, 1, 28, 28) - 4).double()
    grey = rand(3, 1, 28, 28, seed=1).double()
    pixels = Bernoulli(logits=logits)
    ink, paper = -pixels.log_prob(torch.ones_like(grey)), -pixels.log_prob(torch.zeros_like(grey))
    expected = (grey * ink + (1 - grey) * paper).sum((1, 2, 3))
    assert torch.allclose(reconstruction_term(logits, grey), expected)


def test_undecided_pixels_cost_a_bit_each():
    term = reconstruction_term(torch.zeros(2, 1, 28, 28), rand(2, 1, 28, 28))
    assert torch.allclose(term, 784 * torch.tensor(2.0).log().expand(2))


def test_sure_and_wrong_pixels_cost_much_but_not_infinitely():
    term = reconstruction_term(torch.full((1, 1, 28, 28), -1000.0), torch.ones(1, 1, 28, 28))
    assert torch.allclose(term, torch.tensor([784 * 1000.0]))


def test_the_slope_of_a_pixel_is_what_is_drawn_less_what_should_be():
    values = torch.tensor([-1000.0, -90, -20, -1, -1e-3, 0, 1e-3, 1, 20, 90, 1000])
    logits = values.repeat(784)[: 3 * 784].view(3, 1, 28, 28).requires_grad_()
    images = rand(3, 1, 28, 28)
    (reconstruction_term(logits, images) * torch.tensor([1.0, 2, 3])).sum().backward()
    weights = torch.tensor([1.0, 2, 3]).view(3, 1, 1, 1)
    assert torch.allclose(logits.grad, weights * (logits.detach().sigmoid() - images), atol=1e-6)


def test_the_slope_agrees_with_the_value():
    logits = (8 * rand(2, 1, 28, 28, seed=2) - 4).double().requires_grad_()
    images = rand(2, 1, 28, 28, seed=3).double()
    assert torch.autograd.gradcheck(lambda each: reconstruction_term(each, images), logits)


def test_the_kl_term_is_the_sum_over_dimensions_and_the_total_is_the_sum_of_terms():
    posterior = Gaussian(4 * rand(5, 7) - 2, 4 * rand(5, 7, seed=1) - 2)
    logits, images = 4 * rand(5, 1, 28, 28, seed=2) - 2, rand(5, 1, 28, 28, seed=3)
    terms = negative_elbo(logits, images, posterior)
    prior = Independent(Normal(torch.zeros(7), torch.ones(7)), 1)
    q = Independent(Normal(posterior.mean, posterior.log_variance.exp().sqrt()), 1)
    assert torch.allclose(terms.kl, kl_divergence(q, prior), rtol=1e-5)
    assert torch.equal(terms.reconstruction, reconstruction_term(logits, images))
    assert torch.equal(terms.total, terms.reconstruction + terms.kl)


def test_terms_are_per_image():
    """One image's terms do not depend on the images beside it."""
    posterior = Gaussian(rand(5, 2), rand(5, 2, seed=1))
    logits, images = rand(5, 1, 28, 28, seed=2), rand(5, 1, 28, 28, seed=3)
    together = negative_elbo(logits, images, posterior)
    assert together.total.shape == (5,)
    for i in range(5):
        one = slice(i, i + 1)
        alone = negative_elbo(logits[one], images[one], Gaussian(*(v[one] for v in posterior)))
        assert torch.allclose(alone.total, together.total[one])
