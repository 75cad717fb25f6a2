"""The laws of a training run: repeatable, resumable at every step, honest in what it records."""

import copy
import math
from dataclasses import asdict, replace

import pytest
import torch

from tests.comparing import same
from vae import data, training
from vae.augmentation import augment, binarise
from vae.loss import negative_elbo
from vae.model import VAE

SETTINGS = training.Settings(epochs=2, batch_size=16, learning_rate=2e-3, seed=3)


def new_run(architecture: str = "mlp", settings=SETTINGS, images: int = 40) -> training.Run:
    torch.manual_seed(settings.seed)
    model = VAE(architecture, latent_dim=2, hidden_dim=4, mixture_components=2)
    return training.Run(model, settings, images)


def records(epochs: list) -> list[dict]:
    return [asdict(epoch) | {"seconds": None} for epoch in epochs]


def copied(model: VAE) -> list[torch.Tensor]:
    return [parameter.detach().clone() for parameter in model.parameters()]


def optimizer_steps(optimizer: torch.optim.Optimizer) -> set[float]:
    """How many steps an optimiser has taken, by each parameter's own count."""
    return {state["step"].item() for state in optimizer.state.values()}


class Interruption(Exception):
    pass


def stop_at(run: training.Run, step: int):
    def after_step(loss: float) -> None:
        if run.step == step:
            raise Interruption

    return after_step


@pytest.mark.parametrize("architecture", ["conv", "mlp"])
def test_a_run_stopped_at_any_step_and_resumed_equals_the_uninterrupted_one(
    architecture, drawn, monkeypatch
):
    monkeypatch.setattr(training, "FEW_EPOCHS", 0)  # augmentation is part of what must resume
    whole = new_run(architecture)
    expected = list(training.fit(whole, drawn))
    assert whole.step == whole.total_steps == 6
    for step in range(1, whole.total_steps):
        first, seen = new_run(architecture), []
        try:
            for epoch in training.fit(first, drawn, stop_at(first, step)):
                seen.append(epoch)
                if first.step == step:
                    break
        except Interruption:
            pass
        assert first.step == step
        second = new_run(architecture, SETTINGS)
        with torch.no_grad():  # what a new run starts with must not matter
            for parameter in second.model.parameters():
                parameter.fill_(7)
        second.restore(first.state())
        seen += training.fit(second, drawn)
        assert same(second.state(), whole.state()), f"resumed at step {step}"
        assert records(seen) == records(expected)


def test_the_same_seed_gives_the_same_weights_and_another_seed_others(drawn):
    runs = [new_run(settings=replace(SETTINGS, epochs=1, seed=seed)) for seed in (1, 1, 2)]
    # The same initial weights for all: what differs is the seed of the training alone.
    for run in runs[1:]:
        run.model.load_state_dict(runs[0].model.state_dict())
        run.average.load_state_dict(runs[0].average.state_dict())
    one, same_seed, other = (list(training.fit(run, drawn)) and run.state() for run in runs)
    assert same(one, same_seed)
    assert not same(one["model"], other["model"])


def test_what_the_global_generator_did_before_does_not_matter(drawn):
    states = []
    for number in (0, 1):
        run = new_run()
        torch.manual_seed(number)
        list(training.fit(run, drawn))
        states.append(run.state())
    assert same(*states)


@pytest.mark.parametrize("step", [1, 2, 4])
def test_what_interrupts_a_run_between_steps_leaves_it_whole(drawn, step):
    run = new_run()
    with pytest.raises(Interruption):
        list(training.fit(run, drawn, stop_at(run, step)))
    assert run.step == step
    assert optimizer_steps(run.optimizer) == {step}
    averages = []  # after every step of the same run, uninterrupted
    whole = new_run()
    for _ in training.fit(whole, drawn, lambda loss: averages.append(copied(whole.average))):
        averages.append(copied(whole.average))
    assert all(map(torch.equal, run.average.parameters(), averages[step - 1]))


def test_a_run_can_go_on_in_the_same_process(drawn):
    whole, run = new_run(), new_run()
    list(training.fit(whole, drawn))
    with pytest.raises(Interruption):
        list(training.fit(run, drawn, stop_at(run, 4)))
    list(training.fit(run, drawn))
    assert same(run.state(), whole.state())


def test_a_finished_run_has_nothing_left_to_do(drawn):
    run = new_run()
    list(training.fit(run, drawn))
    before = [parameter.clone() for parameter in run.model.parameters()]
    assert list(training.fit(run, drawn)) == []
    assert all(map(torch.equal, before, run.model.parameters()))


@pytest.mark.parametrize(
    "change",
    [
        {"epochs": 3},
        {"batch_size": 8},
        {"learning_rate": 1e-3},
        {"seed": 4},
        {"match_prior": 2.0},
        {"kl_weight": 0.5},
        {"augment": 0.25},
        {"binarise": 0.5},
    ],
    ids=str,
)
def test_a_state_of_other_settings_is_refused(change):
    other = training.Settings(**(asdict(SETTINGS) | change))
    with pytest.raises(ValueError, match="other settings"):
        new_run(settings=other).restore(new_run().state())


def test_a_state_of_other_data_or_of_another_model_is_refused():
    with pytest.raises(ValueError, match="other data"):
        new_run(images=41).restore(new_run().state())
    with pytest.raises(RuntimeError):
        new_run("conv").restore(new_run("mlp").state())
    with pytest.raises(KeyError):
        new_run().restore({})


def test_a_state_survives_a_file_that_holds_no_pickled_objects(drawn, tmp_path):
    run = new_run()
    list(training.fit(run, drawn))
    torch.save(run.state(), tmp_path / "state.pt")
    assert same(torch.load(tmp_path / "state.pt", weights_only=True), run.state())


# ----------------------------------------------------------------------------- what is recorded


def test_an_epoch_records_the_means_of_what_its_images_cost(drawn, monkeypatch):
    """With the weights frozen, the terms of each image can be computed outside the loop."""
    monkeypatch.setattr(training, "learning_rate_factor", lambda progress: 0.0)
    monkeypatch.setattr(training, "autocast", lambda device: torch.autocast("cpu", enabled=False))
    run = new_run(settings=training.Settings(epochs=1, batch_size=16, seed=3))
    (epoch,) = training.fit(run, drawn)

    order = torch.randperm(40, generator=training.seeded(torch.Generator(), 3, -1))
    reconstruction, kl = [], []
    for step, batch in enumerate(drawn[order].split(16)):
        images = batch.float() / 255
        posterior = run.model.encode(images)
        codes = posterior.sample(training.seeded(torch.Generator(), 3, step))
        terms = negative_elbo(run.model.decode(codes), images, posterior)
        reconstruction += terms.reconstruction.tolist()
        kl += terms.kl.tolist()
    assert epoch.epoch == 1
    assert epoch.train_reconstruction == pytest.approx(sum(reconstruction) / 40, rel=1e-5)
    assert epoch.train_kl == pytest.approx(sum(kl) / 40, rel=1e-4)
    assert epoch.train_negative_elbo == epoch.train_reconstruction + epoch.train_kl
    assert epoch.seconds > 0
    assert run.seconds == 0  # the next epoch counts its own
    assert not run.sums.any()


def test_every_epoch_is_recorded_once_and_after_step_hears_of_every_step_within(drawn):
    run, heard = new_run(), []
    epochs = list(training.fit(run, drawn, heard.append))
    assert [epoch.epoch for epoch in epochs] == [1, 2]
    assert len(heard) == run.total_steps - len(epochs)  # the last of an epoch has the epoch itself
    assert all(math.isfinite(loss) for loss in heard)


def test_training_lowers_the_loss(drawn):
    run = new_run(settings=training.Settings(epochs=30, batch_size=20, learning_rate=1e-2))
    first, *_, last = training.fit(run, drawn)
    assert last.train_negative_elbo < 0.6 * first.train_negative_elbo


# -------------------------------------------------------------------------------- the average


def test_the_average_is_the_exponential_one_with_a_growing_horizon(drawn):
    run = new_run()
    expected, weights = None, []

    def follow(loss: float = 0) -> None:
        nonlocal expected
        current = [parameter.detach().double().clone() for parameter in run.model.parameters()]
        weights.append(current)
        if expected is None:
            expected = current
            return
        count = len(weights) - 1  # weights averaged before these
        decay = min(training.AVERAGE_DECAY, (1 + count) / (10 + count))
        expected = [
            decay * old + (1 - decay) * new for old, new in zip(expected, current, strict=True)
        ]

    for _ in training.fit(run, drawn, follow):
        follow()
    assert len(weights) == run.total_steps
    averaged = list(run.average.parameters())
    for mine, theirs in zip(expected, averaged, strict=True):
        assert torch.allclose(mine.float(), theirs, atol=1e-6)


def test_the_average_of_equal_weights_is_those_weights():
    averaged, parameters = new_run().averaged, new_run().parameters
    before = [parameter.clone() for parameter in averaged]
    for decay in (0.0, 0.1, 0.9, training.AVERAGE_DECAY):
        training.update_average(averaged, parameters, decay)
        assert all(map(torch.equal, averaged, before))


def test_an_old_average_forgets_at_the_constant_decay():
    assert training.average_decay(10**6) == training.AVERAGE_DECAY


def test_the_average_is_another_model():
    run = new_run()
    assert not {id(p) for p in run.average.parameters()} & {id(p) for p in run.model.parameters()}


@pytest.mark.parametrize(
    ("step", "changes", "kl_weight", "ratio_weight"),
    [
        (0, {}, 0, 0),
        (3, {}, 1, 0),
        (3, {"kl_weight": 0.25}, 0.25, 0),
        (3, {"kl_weight": 0.0}, 0, 0),
        (1, {"match_prior": 2.0}, 1, 0),
        (3, {"match_prior": 2.0}, 1, 2),
        (3, {"augment": 1.0}, 1, 0),
        (3, {"binarise": 0.25}, 1, 0),
    ],
)
def test_what_a_step_descends_and_what_it_records(drawn, step, changes, kl_weight, ratio_weight):
    run = new_run(settings=replace(SETTINGS, **changes))
    run.step = step
    images = data.as_floats(drawn[:16])
    model, ratio = copy.deepcopy((run.model, run.ratio))
    recorded = training.training_step(run, images, torch.Generator().manual_seed(5))
    generator = torch.Generator().manual_seed(5)
    images = augment(images, training.augmented_share(step / 6, run.settings), generator)
    images = binarise(images, run.settings.binarise, generator)
    with training.autocast(images.device):
        logits, posterior = model(images, generator)
    terms = negative_elbo(logits, images, posterior)
    loss = (terms.reconstruction + kl_weight * terms.kl).mean()
    if ratio_weight:
        loss = loss + ratio_weight * ratio(posterior.sample(generator)).mean()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), training.LARGEST_GRADIENT)
    for mine, theirs in zip(run.parameters, model.parameters(), strict=True):
        torch.testing.assert_close(mine.grad, theirs.grad)
    # What is recorded is the ELBO, whatever else was minimised.
    assert recorded.tolist() == pytest.approx([each.mean().item() for each in terms], rel=1e-5)


def test_the_density_ratio_learns_from_step_to_step(drawn):
    run = new_run(settings=replace(SETTINGS, match_prior=1.0))
    before = copy.deepcopy(run.ratio.state_dict())
    list(training.fit(run, drawn))
    assert not any(torch.equal(before[name], new) for name, new in run.ratio.state_dict().items())
    assert optimizer_steps(run.ratio_optimizer) == {6 * training.RATIO_STEPS}


def test_a_run_that_matches_the_prior_resumes_to_the_same_bits(drawn):
    settings = replace(SETTINGS, match_prior=1.0)
    whole = new_run(settings=settings)
    list(training.fit(whole, drawn))
    for step in (1, 2, 4):  # 3 ends an epoch
        first = new_run(settings=settings)
        with pytest.raises(Interruption):
            list(training.fit(first, drawn, stop_at(first, step)))
        second = new_run(settings=replace(settings))
        with torch.no_grad():
            for parameter in (*second.model.parameters(), *second.ratio.parameters()):
                parameter.fill_(7)
        second.restore(first.state())
        list(training.fit(second, drawn))
        assert same(second.state(), whole.state())


@pytest.mark.parametrize("factor", [10, 0.5])
def test_a_long_gradient_is_shortened_and_a_short_one_is_left(factor):
    parameter = torch.nn.Parameter(torch.zeros(100))
    optimizer = torch.optim.SGD([parameter])
    slope = torch.ones(100) * (factor * training.LARGEST_GRADIENT / 10)
    training.descend(optimizer, (parameter * slope).sum(), 0.5)
    expected = min(factor, 1) * training.LARGEST_GRADIENT
    assert parameter.grad.norm().item() == pytest.approx(expected, rel=1e-3)
    assert torch.allclose(parameter, -0.5 * parameter.grad)


# -------------------------------------------------------------------------------- the schedules


def test_the_learning_rate_rises_to_its_peak_and_falls_to_its_end():
    factor = training.learning_rate_factor
    assert factor(0) == 0
    assert factor(training.WARM_UP) == pytest.approx(1)
    assert factor(1) == pytest.approx(training.FINAL_LEARNING_RATE)
    values = [factor(step / 1000) for step in range(1001)]
    peak = values.index(max(values))
    assert values[: peak + 1] == sorted(values[: peak + 1])
    assert values[peak:] == sorted(values[peak:], reverse=True)
    assert max(values) <= 1


@pytest.mark.parametrize("augmented", [0, 0.5, 1])
def test_augmentation_fades_to_nothing_at_the_end(augmented):
    settings = training.Settings(epochs=training.FEW_EPOCHS, augment=augmented)

    def share(progress: float) -> float:
        return training.augmented_share(progress, settings)

    assert share(0) == share(training.AUGMENTED_UNTIL) == pytest.approx(augmented)
    assert share((training.AUGMENTED_UNTIL + 1) / 2) == pytest.approx(augmented / 2)
    assert share(1) == 0


def test_a_short_run_never_augments():
    few = training.Settings(epochs=training.FEW_EPOCHS - 1)
    shares = {training.augmented_share(t / 10, few) for t in range(11)}
    assert shares == {0.0}


def test_the_kl_term_weighs_nothing_at_first(drawn):
    """At step 0 the gradient is that of the reconstruction term alone."""
    run = new_run()
    images = data.as_floats(drawn[:16])
    generator = training.seeded(torch.Generator(), SETTINGS.seed, 0)
    training.training_step(run, images, generator)
    found = [parameter.grad.clone() for parameter in run.model.parameters()]

    other = new_run()
    generator = training.seeded(torch.Generator(), SETTINGS.seed, 0)
    with training.autocast(images.device):
        logits, posterior = other.model(images, generator)
    negative_elbo(logits, images, posterior).reconstruction.mean().backward()
    torch.nn.utils.clip_grad_norm_(other.model.parameters(), training.LARGEST_GRADIENT)
    expected = [parameter.grad for parameter in other.model.parameters()]
    assert all(map(torch.allclose, found, expected))


def test_streams_of_epochs_and_steps_do_not_meet():
    generator = torch.Generator()
    numbers = [-3, -2, -1, 0, 1, 2]
    first = [
        torch.rand(1, generator=training.seeded(generator, seed, number)).item()
        for seed in (0, 1)
        for number in numbers
    ]
    assert len(set(first)) == len(first)


# ------------------------------------------------------------------------------ reduced precision


def test_bfloat16_is_used_where_the_processor_has_it(monkeypatch):
    cpu = torch.device("cpu")
    for supported in (True, False):
        monkeypatch.setattr(
            torch.cpu, "_is_avx512_bf16_supported", lambda s=supported: s, raising=False
        )
        assert training.reduced_precision(cpu) is supported
        with training.autocast(cpu):
            product = torch.ones(2, 2) @ torch.ones(2, 2)
        assert product.dtype == (torch.bfloat16 if supported else torch.float32)
    assert not training.reduced_precision(torch.device("mps"))


def test_the_terms_are_float32_whatever_the_precision(model):
    with torch.autocast("cpu", torch.bfloat16):
        logits, posterior = model(torch.rand(2, 1, 28, 28))
    assert logits.dtype == posterior.mean.dtype == posterior.log_variance.dtype == torch.float32
