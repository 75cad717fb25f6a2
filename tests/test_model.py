"""The laws of the latent Gaussian, of both architectures, and of the weights folder."""

import json
import pickle
import random
import shutil
import struct

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn
from torch.distributions import Normal, kl_divergence

from tests.synthetic import small_model
from vae import model as model_module
from vae.model import VAE, Gaussian, InvalidWeights, standard_normal


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
        (model_module.residual_convolutions(4), (2, 4, 7, 7)),
        (model_module.residual_units(1, 32)[0], (2, model_module.BOTTLENECK)),
    ],
)
def test_residual_blocks_start_as_the_identity(block, shape):
    x = torch.randn(shape)
    assert torch.equal(block(x), x)
    torch.nn.init.ones_(block.outer.bias)
    assert torch.allclose(block(x), x + 1)


def test_a_decoder_that_starts_at_an_image_draws_it_of_every_code(model):
    mean_image = images(1)[0].mul(0.9).add(0.05)
    model.decoder.start_at(mean_image)
    drawn = model.decode(torch.randn(3, model.latent_dim)).sigmoid()
    expected = mean_image if model.architecture == "mlp" else mean_image.mean()
    assert torch.allclose(drawn, expected.expand_as(drawn), atol=1e-5)


def test_an_encoder_that_starts_at_an_image_takes_it_off_every_image(model):
    batch, mean_image = images(3), images(1, seed=1)[0]
    expected = model.encode(batch - mean_image if model.architecture == "mlp" else batch)
    model.encoder.start_at(mean_image)
    for one, other in zip(model.encode(batch), expected, strict=True):
        assert torch.equal(one, other)


def test_a_decoder_can_start_at_black_and_at_white(model):
    for grey in (0, 1):
        model.decoder.start_at(torch.full((1, 28, 28), float(grey)))
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
    ],
    ids=str,
)
def test_arguments_out_of_range_are_refused_by_name(arguments):
    with pytest.raises(ValueError, match=f"^{next(iter(arguments))} must be "):
        VAE(**arguments)


# ----------------------------------------------------------------------------- the weights folder


@pytest.fixture(scope="module")
def pristine(tmp_path_factory):
    """A saved model's folder, to be copied."""
    folder = tmp_path_factory.mktemp("weights") / "pristine"
    small_model("mlp").save_pretrained(folder)
    return folder


@pytest.fixture
def folder(pristine, tmp_path):
    return shutil.copytree(pristine, tmp_path / "model")


def refusal(folder, file: str) -> str:
    """The one sentence with which `folder` is refused; it names `file`."""
    with pytest.raises(InvalidWeights) as caught:
        VAE.from_pretrained(folder)
    message = str(caught.value)
    assert str(folder / file) in message
    assert "\n" not in message
    assert message.endswith(".")
    assert len(message) < 500 + len(str(folder))
    return message


def test_constructor_arguments_are_the_config(pristine):
    config = json.loads((pristine / "config.json").read_text())
    assert config == {
        "architecture": "mlp",
        "latent_dim": 3,
        "hidden_dim": 4,
        "mixture_components": 5,
    }


def test_defaults_are_in_the_config_too(tmp_path):
    VAE("mlp").save_pretrained(tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    assert config.keys() == {"architecture", "latent_dim", "hidden_dim", "mixture_components"}


def test_a_saved_model_comes_back_exactly_and_frozen(model, tmp_path):
    model.mixture_weights.copy_(torch.rand(5).softmax(0))
    model.save_pretrained(tmp_path)
    loaded = VAE.from_pretrained(str(tmp_path))
    expected, found = model.state_dict(), loaded.state_dict()
    assert expected.keys() == found.keys()
    assert all(torch.equal(expected[name], found[name]) for name in expected)
    assert not loaded.training
    assert not any(parameter.requires_grad for parameter in loaded.parameters())
    assert torch.equal(model.decode(torch.ones(2, 3)), loaded.decode(torch.ones(2, 3)))


def test_a_model_laid_out_for_training_is_saved_all_the_same(tmp_path):
    model = small_model("conv").to(memory_format=torch.channels_last)
    model.save_pretrained(tmp_path)
    loaded = VAE.from_pretrained(tmp_path).state_dict()
    assert all(torch.equal(value, loaded[name]) for name, value in model.state_dict().items())


def test_a_loaded_model_does_not_change_with_its_file(folder):
    loaded = VAE.from_pretrained(folder)
    before = {name: tensor.clone() for name, tensor in loaded.state_dict().items()}
    file = folder / "model.safetensors"
    size = file.stat().st_size
    with file.open("r+b") as opened:  # in place: no new file
        opened.seek(size // 2)
        opened.write(bytes(size - size // 2))
    assert all(torch.equal(before[name], value) for name, value in loaded.state_dict().items())


@pytest.mark.parametrize("name", ["config.json", "model.safetensors"])
def test_a_missing_file_is_named(folder, name):
    (folder / name).unlink()
    assert "missing" in refusal(folder, name)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no JSON",
        "[1, 2]",
        "null",
        '"conv"',
        "NaN",
        "{" * 10_000,
        "[" * 200_000,
        '{"architecture": "mlp", "latent_dim": 3,',
        '{"surprise": 1}',
        '{"sur\\nprise": 1}',
        '{"self": 1}',
        '{"cls": 1}',
        '{"architecture": "transformer"}',
        '{"architecture": ["mlp"]}',
        '{"architecture": {"a": {}}}',
        '{"architecture": "' + "x" * 100_000 + '"}',
        '{"architecture": "a\\nb"}',
        '{"latent_dim": "3"}',
        '{"latent_dim": 3.0}',
        '{"latent_dim": true}',
        '{"latent_dim": null}',
        '{"latent_dim": -3}',
        '{"latent_dim": NaN}',
        '{"latent_dim": 1e999}',
        '{"latent_dim": ' + "9" * 5000 + "}",
        '{"latent_dim": ' + "9" * 500 + "}",
        '{"hidden_dim": 1000000000}',
        '{"mixture_components": 1000000000}',
    ],
    ids=lambda text: text[:30],
)
def test_a_config_that_describes_no_vae_is_refused(folder, text):
    (folder / "config.json").write_text(text)
    refusal(folder, "config.json")


def test_a_config_that_is_no_text_is_refused(folder):
    (folder / "config.json").write_bytes(b"\xff\xfe\x00\xd8")
    refusal(folder, "config.json")


@pytest.mark.parametrize(
    "change", [{"architecture": "conv"}, {"latent_dim": 4}, {"hidden_dim": 5}], ids=str
)
def test_weights_of_another_config_are_refused(folder, change):
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | change))
    assert "does not fit" in refusal(folder, "model.safetensors")


@pytest.mark.parametrize("share", [0, 0.0001, 0.001, 0.01, 0.3, 0.5, 0.9, 0.9999])
def test_truncated_weights_are_refused(folder, share):
    file = folder / "model.safetensors"
    content = file.read_bytes()
    file.write_bytes(content[: int(share * len(content))])
    refusal(folder, "model.safetensors")


def test_one_byte_less_or_more_is_refused(folder):
    file = folder / "model.safetensors"
    content = file.read_bytes()
    for changed in (content[:-1], content + b"\0"):
        file.write_bytes(changed)
        refusal(folder, "model.safetensors")


@pytest.mark.parametrize("seed", range(20))
def test_a_flipped_bit_among_the_weights_is_refused(folder, seed):
    file = folder / "model.safetensors"
    content = bytearray(file.read_bytes())
    start = 8 + struct.unpack("<Q", content[:8])[0]
    rng = random.Random(seed)
    content[rng.randrange(start, len(content))] ^= 1 << rng.randrange(8)
    file.write_bytes(content)
    refusal(folder, "model.safetensors")


def test_a_flipped_bit_in_the_header_is_refused_or_changes_nothing(folder):
    file = folder / "model.safetensors"
    content = file.read_bytes()
    expected = VAE.from_pretrained(folder).state_dict()
    length = 8 + struct.unpack("<Q", content[:8])[0]
    rng, refused, messages = random.Random(0), 0, set()
    for _ in range(300):
        damaged = bytearray(content)
        damaged[rng.randrange(length)] ^= 1 << rng.randrange(8)
        file.write_bytes(damaged)
        try:
            found = VAE.from_pretrained(folder).state_dict()
        except InvalidWeights as error:
            refused += 1
            messages.add(str(error))
        else:  # the name of the checksum, or of the format, was hit
            assert all(torch.equal(expected[name], found[name]) for name in expected)
    assert refused > 250
    assert all(str(file) in message and "\n" not in message for message in messages)


def rewritten(folder, change) -> None:
    """The weights file, after `change` has had its tensors."""
    file = folder / "model.safetensors"
    tensors = load_file(file)
    change(tensors)
    save_file(tensors, file)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64, torch.int32])
def test_another_dtype_is_refused(folder, dtype):
    def change(tensors):
        tensors["encoder.mean.bias"] = tensors["encoder.mean.bias"].to(dtype)

    rewritten(folder, change)
    assert str(dtype) in refusal(folder, "model.safetensors")


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_values_that_are_not_finite_are_refused(folder, value):
    rewritten(folder, lambda tensors: tensors["decoder.logits.0.weight"][1].fill_(value))
    assert "decoder.logits.0.weight" in refusal(folder, "model.safetensors")


@pytest.mark.parametrize("change", [lambda shares: shares.zero_(), lambda shares: shares.mul_(2)])
def test_a_mixture_whose_weights_do_not_sum_to_1_is_refused(folder, change):
    rewritten(folder, lambda tensors: change(tensors["mixture_weights"]))
    assert "mixture_weights" in refusal(folder, "model.safetensors")


def test_a_mixture_with_a_negative_weight_is_refused(folder):
    def change(tensors):
        tensors["mixture_weights"][0] -= 1
        tensors["mixture_weights"][1] += 1

    rewritten(folder, change)
    assert "mixture_weights" in refusal(folder, "model.safetensors")


def test_a_missing_tensor_is_refused(folder):
    rewritten(folder, lambda tensors: tensors.pop("mixture_means"))
    assert "mixture_means" in refusal(folder, "model.safetensors")


@pytest.mark.parametrize("name", ["surprise", "sur\nprise", "x" * 10_000])
def test_a_tensor_too_many_is_refused(folder, name):
    rewritten(folder, lambda tensors: tensors.update({name: torch.zeros(1)}))
    refusal(folder, "model.safetensors")


def test_sound_weights_without_a_checksum_are_accepted(folder):
    rewritten(folder, lambda tensors: tensors["encoder.mean.bias"].fill_(0.5))
    assert (VAE.from_pretrained(folder).encoder.mean.bias == 0.5).all()


class Bomb:
    """Goes off when unpickled."""

    def __reduce__(self):
        return pytest.fail, ("a pickle was loaded",)


@pytest.mark.parametrize("write", [pickle.dump, torch.save], ids=["pickle", "torch"])
def test_a_pickle_under_the_weights_name_is_refused_and_never_unpickled(folder, write):
    with (folder / "model.safetensors").open("wb") as file:
        write({"encoder.mean.bias": Bomb()}, file)
    refusal(folder, "model.safetensors")


def test_a_folder_with_only_a_pickle_is_refused_and_it_is_never_unpickled(folder):
    (folder / "model.safetensors").unlink()
    torch.save({"encoder.mean.bias": Bomb()}, folder / "pytorch_model.bin")
    assert "missing" in refusal(folder, "model.safetensors")


def test_a_folder_in_place_of_the_weights_is_refused(folder):
    (folder / "model.safetensors").unlink()
    (folder / "model.safetensors").mkdir()
    refusal(folder, "model.safetensors")


def test_a_name_that_is_no_folder_is_fetched_from_the_hub_two_files_only(folder, monkeypatch):
    asked = []

    def download(repository, **options):
        asked.append((repository, options))
        return str(folder)

    monkeypatch.setattr(model_module, "snapshot_download", download)
    loaded = VAE.from_pretrained("somebody/some-vae", revision="v1")
    assert loaded.latent_dim == 3
    files = ["config.json", "model.safetensors"]
    assert asked == [("somebody/some-vae", {"allow_patterns": files, "revision": "v1"})]


def test_a_folder_is_never_looked_up_on_the_hub(folder, monkeypatch):
    def download(*arguments, **options):
        pytest.fail("the Hub was asked")

    monkeypatch.setattr(model_module, "snapshot_download", download)
    (folder / "model.safetensors").unlink()
    refusal(folder, "model.safetensors")
