"""The laws of the latent Gaussian and of both architectures."""

import pytest
import torch
from torch import nn
from torch.distributions import Normal, kl_divergence

from vae import layers
from vae.model import BOTTLENECK, VAE, Gaussian, standard_normal


def some_gaussian(rows: int = 6, columns: int = 3) -> Gaussian:
    generator = torch.Generator().manual_seed(1)
    return Gaussian(
        2 * torch.randn(rows, columns, generator=generator),
        torch.randn(rows, columns, generator=generator),
    )


def images(count: int, seed: int = 0) -> torch.Tensor:
    return torch.rand(count, 1, 28, 28, generator=torch.Generator().manual_seed(seed))


# ---------------------------------------------------------------------------------- the Gaussian


def test_a_draw_is_the_mean_plus_the_standard_deviation_times_the_callers_noise():
    posterior = some_gaussian()
    drawn = posterior.sample(torch.Generator().manual_seed(5))
    noise = torch.randn(6, 3, generator=torch.Generator().manual_seed(5))
    variance = posterior.log_variance.exp()
    assert torch.allclose(drawn, posterior.mean + variance.sqrt() * noise)


def test_draws_have_the_gaussians_mean_and_standard_deviation():
    row = Gaussian(torch.tensor([[1.0, -2.0]]), torch.tensor([[0.0, 2.0]]))
    count = 40_000
    many = Gaussian(*(value.expand(count, -1) for value in row))
    drawn = many.sample(torch.Generator().manual_seed(0))
    sigma = row.log_variance[0].mul(0.5).exp()
    assert ((drawn.mean(0) - row.mean[0]).abs() < 5 * sigma / count**0.5).all()
    assert ((drawn.std(0) - sigma).abs() < 5 * sigma / (2 * count) ** 0.5).all()


def test_the_same_generator_state_is_the_same_draw_and_another_is_another():
    posterior = some_gaussian()
    one, same, other = (posterior.sample(torch.Generator().manual_seed(s)) for s in (3, 3, 4))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)


def test_noise_has_the_shape_and_dtype_of_its_model():
    noise = standard_normal(torch.empty(2, 5, dtype=torch.float64), torch.Generator())
    assert noise.shape == (2, 5)
    assert noise.dtype == torch.float64


def test_the_closed_form_kl_is_that_of_torch_distributions():
    posterior = some_gaussian()
    prior = Normal(torch.zeros(()), torch.ones(()))
    expected = kl_divergence(Normal(posterior.mean, posterior.log_variance.exp().sqrt()), prior)
    assert torch.allclose(posterior.kl_to_standard_normal(), expected, atol=1e-6)


def test_the_closed_form_kl_is_what_monte_carlo_finds():
    posterior = some_gaussian(rows=1)
    count = 100_000
    q = Normal(posterior.mean[0].double(), posterior.log_variance[0].double().exp().sqrt())
    noise = torch.randn(count, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    codes = q.loc + q.scale * noise
    gaps = q.log_prob(codes) - Normal(0.0, 1.0).log_prob(codes)
    error = gaps.std(0) / count**0.5
    assert ((gaps.mean(0) - posterior.kl_to_standard_normal()[0]).abs() < 5 * error).all()


def test_the_prior_itself_is_no_nats_from_the_prior():
    prior = Gaussian(torch.zeros(2, 3), torch.zeros(2, 3))
    assert torch.equal(prior.kl_to_standard_normal(), torch.zeros(2, 3))


def test_gradients_flow_through_a_draw_to_mean_and_standard_deviation():
    mean = torch.tensor([[0.3, -1.0]], requires_grad=True)
    log_variance = torch.tensor([[0.5, -0.7]], requires_grad=True)
    weight = torch.tensor([[2.0, -3.0]])
    codes = Gaussian(mean, log_variance).sample(torch.Generator().manual_seed(9))
    (weight * codes).sum().backward()
    noise = torch.randn(1, 2, generator=torch.Generator().manual_seed(9))
    assert torch.allclose(mean.grad, weight)  # dz / d mu = 1
    # dz / d log sigma^2 = sigma * epsilon / 2
    sigma = (0.5 * log_variance.detach()).exp()
    assert torch.allclose(log_variance.grad, weight * noise * sigma / 2)


# ------------------------------------------------------------------------------ the two networks


@pytest.mark.parametrize("shape", [(4, 784), (4, 1, 28, 28), (1, 784), (1, 1, 28, 28)])
def test_shapes(model, shape):
    logits, posterior = model(torch.rand(shape))
    assert logits.shape == (shape[0], 1, 28, 28)
    assert posterior.mean.shape == posterior.log_variance.shape == (shape[0], 3)


def test_an_empty_batch_is_a_batch(model):
    assert model.encode(torch.empty(0, 784)).mean.shape == (0, 3)
    assert model.decode(torch.empty(0, 3)).shape == (0, 1, 28, 28)


def test_flat_and_square_images_are_the_same_images(model):
    square = images(4)
    for one, other in zip(model.encode(square), model.encode(square.flatten(1)), strict=True):
        assert torch.equal(one, other)


@pytest.mark.parametrize(
    "shape", [(784,), (28, 28), (4, 783), (4, 28, 28), (4, 3, 28, 28), (4, 1, 28, 27), (), (1, 0)]
)
def test_images_of_another_shape_are_refused_in_one_sentence(model, shape):
    with pytest.raises(ValueError, match=r"^images must be .* not \(.*\)$"):
        model.encode(torch.zeros(shape))


@pytest.mark.parametrize("shape", [(3,), (4, 2), (4, 4), (4, 3, 1), ()])
def test_codes_of_another_shape_are_refused_in_one_sentence(model, shape):
    with pytest.raises(ValueError, match=r"^codes must be \(B, 3\), not \(.*\)$"):
        model.decode(torch.zeros(shape))


def test_the_forward_pass_is_encode_draw_decode(model):
    x = images(4)
    logits, posterior = model(x, torch.Generator().manual_seed(2))
    expected = model.encode(x)
    assert torch.equal(posterior.mean, expected.mean)
    codes = expected.sample(torch.Generator().manual_seed(2))
    assert torch.equal(logits, model.decode(codes))


def test_training_and_evaluation_mode_agree(model):
    x, seed = images(4), torch.Generator()
    evaluated = model.eval()(x, seed.manual_seed(0))[0]
    trained = model.train()(x, seed.manual_seed(0))[0]
    assert torch.equal(evaluated, trained)


def test_no_layer_behaves_differently_in_training(model):
    fickle = (nn.modules.batchnorm._NormBase, nn.modules.dropout._DropoutNd)
    assert not [layer for layer in model.modules() if isinstance(layer, fickle)]


def test_what_becomes_of_an_image_does_not_depend_on_its_batch(model):
    x = images(9)
    together = model.encode(x).mean
    decoded = model.decode(together)
    for index in range(len(x)):
        alone = model.encode(x[index : index + 1]).mean
        assert torch.allclose(alone, together[index : index + 1], atol=1e-5)
        assert torch.allclose(
            model.decode(together[index : index + 1]), decoded[index : index + 1], atol=1e-5
        )


def test_the_mlp_is_the_network_of_the_paper():
    model = VAE("mlp", latent_dim=20, hidden_dim=500)
    encoder = 784 * 500 + 500 + 2 * (500 * 20 + 20)
    decoder = 20 * 500 + 500 + 500 * 784 + 784
    assert sum(parameter.numel() for parameter in model.parameters()) == encoder + decoder


@pytest.mark.parametrize(
    ("block", "shape"),
    [
        (layers.residual_convolutions(4), (2, 4, 7, 7)),
        (layers.residual_units(1, BOTTLENECK)[0], (2, BOTTLENECK)),
    ],
)
def test_residual_blocks_start_as_the_identity(block, shape):
    x = torch.randn(shape)
    assert torch.equal(block(x), x)
    torch.nn.init.ones_(block.outer.bias)
    assert torch.allclose(block(x), x + 1)


def test_a_decoder_that_starts_at_an_image_draws_it_of_every_code(model):
    mean_image = images(1)[0].mul(0.9).add(0.05)
    model.decoder.init_from_mean(mean_image)
    drawn = model.decode(torch.randn(3, model.latent_dim)).sigmoid()
    expected = mean_image if model.architecture == "mlp" else mean_image.mean()
    assert torch.allclose(drawn, expected.expand_as(drawn), atol=1e-5)


def test_an_encoder_that_starts_at_an_image_takes_it_off_every_image(model):
    batch, mean_image = images(3), images(1, seed=1)[0]
    expected = model.encode(batch - mean_image if model.architecture == "mlp" else batch)
    model.encoder.init_from_mean(mean_image)
    for one, other in zip(model.encode(batch), expected, strict=True):
        assert torch.equal(one, other)


def test_a_decoder_can_start_at_black_and_at_white(model):
    for grey in (0, 1):
        model.decoder.init_from_mean(torch.full((1, 28, 28), float(grey)))
        logits = model.decode(torch.zeros(1, model.latent_dim))
        assert logits.isfinite().all()
        assert torch.allclose(logits.sigmoid(), torch.tensor(float(grey)), atol=2e-3)


def test_no_image_overflows_the_posterior(model):
    posterior = model.encode(torch.full((1, 784), 1e6))
    assert posterior.sample().isfinite().all()
    assert posterior.kl_to_standard_normal().isfinite().all()


@pytest.mark.parametrize(
    "arguments",
    [
        {"architecture": "transformer"},
        {"architecture": 3},
        {"latent_dim": 0},
        {"latent_dim": -1},
        {"latent_dim": 1025},
        {"latent_dim": 2.0},
        {"latent_dim": True},
        {"latent_dim": "2"},
        {"hidden_dim": 0},
        {"hidden_dim": 8193},
        {"hidden_dim": None},
        {"mixture_components": 0},
        {"mixture_components": 4097},
        {"mixture_components": 64, "mixture_classes": 10},
        {"mixture_classes": -1},
        {"mixture_classes": True},
        {"directions": 1},
    ],
    ids=str,
)
def test_arguments_out_of_range_are_refused_by_name(arguments):
    with pytest.raises(ValueError, match=f"^{next(iter(arguments))} must be "):
        VAE(**arguments)
