"""Maximises the ELBO, one epoch at a time, so that any run can stop and continue exactly.

All randomness is a function of the seed and the step, never of what ran before: the state of a run
is its weights, their average, the optimiser and the number of steps. Knows no files, no flags.
"""

import copy
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass

import torch
from torch import Tensor, nn
from torch.optim.adam import adam

from vae import data
from vae.loss import negative_elbo
from vae.mismatch import DensityRatio
from vae.model import VAE, Gaussian

AVERAGE_DECAY = 0.999  # the most, of the exponential moving average of the weights, per step
WARM_UP = 0.05  # share of the steps over which learning rate and KL weight rise
FINAL_LEARNING_RATE = 0.01  # share of the peak that is left at the last step
AUGMENTED = 0.5  # share of the images that are augmented ...
AUGMENTED_UNTIL = 0.6  # ... for this share of the steps; it then fades, to none at the last one
FEW_EPOCHS = 20  # a shorter run never augments: it sees no image often enough to learn it by heart
LARGEST_GRADIENT = 100.0  # norm, nats; clips the rare batch whose gradient explodes
# A density ratio that lags behind is evaded, not obeyed: it learns alone for a share of the steps,
# and then takes several steps to one of the model's. Without either the ratio stayed near nothing.
MATCHED_FROM = 0.2
RATIO_STEPS = 3
RATIO_LEARNING_RATE = 1e-3  # the peak


@dataclass(frozen=True)
class Settings:
    """What decides a training run, apart from the model and the images."""

    epochs: int = 60
    batch_size: int = 128
    learning_rate: float = 2e-3
    seed: int = 0
    # The weight of KL(aggregate posterior || prior) that is added to the negative ELBO.
    match_prior: float = 0.0
    trained: bool = False  # the model already is: the KL term has its weight from the first step


@dataclass(frozen=True)
class Epoch:
    """What one pass over the training images gave: means over images, in nats."""

    epoch: int  # from 1
    train_negative_elbo: float
    train_reconstruction: float
    train_kl: float
    seconds: float


class Run:
    """A training run: model, average, optimiser, steps done. Between steps it is always whole."""

    def __init__(self, model: VAE, settings: Settings, image_count: int):
        self.model = model.to(memory_format=torch.channels_last)
        self.settings = settings
        self.image_count = image_count
        self.steps_per_epoch = math.ceil(image_count / settings.batch_size)
        # The model with the averaged weights: what is evaluated, shown and shipped.
        self.average = copy.deepcopy(self.model).eval()
        # Listed once: walking through the modules four times a step took 3 % of it for "mlp".
        self.parameters = list(self.model.parameters())
        self.averaged = list(self.average.parameters())
        self.optimizer = Adam(self.parameters)
        self.ratio = None
        if settings.match_prior:
            self.ratio = DensityRatio(model.latent_dim).to(model.device)
            self.ratio_optimizer = Adam(list(self.ratio.parameters()))
        self.step = 0
        # Running sums of this epoch: reconstruction and KL in nats, seconds.
        self.sums = torch.zeros(2, dtype=torch.float64)
        self.seconds = 0.0

    @property
    def total_steps(self) -> int:
        return self.settings.epochs * self.steps_per_epoch

    def state(self) -> dict:
        """Everything that `restore` needs, as tensors and plain values."""
        return {
            "settings": asdict(self.settings),
            "image_count": self.image_count,
            "step": self.step,
            "sums": self.sums.tolist(),
            "seconds": self.seconds,
            "model": self.model.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self.optimizer.state,
            "ratio": self.ratio
            and {"network": self.ratio.state_dict(), "optimizer": self.ratio_optimizer.state},
        }

    def restore(self, state: dict) -> None:
        """Continue from `state`. Raises KeyError, ValueError or RuntimeError if it does not fit."""
        if state["settings"] != asdict(self.settings) or state["image_count"] != self.image_count:
            raise ValueError("the checkpoint was made with other settings or other data")
        self.model.load_state_dict(state["model"])
        self.average.load_state_dict(state["average"])
        self.optimizer.restore(state["optimizer"])
        if self.ratio:
            self.ratio.load_state_dict(state["ratio"]["network"])
            self.ratio_optimizer.restore(state["ratio"]["optimizer"])
        self.step = state["step"]
        self.sums = torch.tensor(state["sums"], dtype=torch.float64)
        self.seconds = state["seconds"]


class Adam:
    """Adam (Kingma & Ba, 2015), by the kernel of torch.optim.Adam.

    That class imports torch's compiler at its first step, which takes a second of every start.
    `state` holds the running means of the gradients and of their squares, and the steps done.
    """

    def __init__(self, parameters: list[nn.Parameter]):
        self.parameters = parameters
        self.state = {
            "means": [torch.zeros_like(parameter) for parameter in parameters],
            "squares": [torch.zeros_like(parameter) for parameter in parameters],
            "steps": [torch.zeros((), device=parameter.device) for parameter in parameters],
        }

    def forget_gradients(self) -> None:
        """Before the next backward pass, which would add to them."""
        for parameter in self.parameters:
            parameter.grad = None

    @torch.no_grad()
    def step(self, learning_rate: float) -> None:
        """Move the parameters against their gradients."""
        adam(
            self.parameters,
            [parameter.grad for parameter in self.parameters],
            self.state["means"],
            self.state["squares"],
            [],
            self.state["steps"],
            fused=True,
            amsgrad=False,
            beta1=0.9,
            beta2=0.99,
            lr=learning_rate,
            weight_decay=0.0,
            eps=1e-8,
            maximize=False,
        )

    @torch.no_grad()
    def restore(self, state: dict[str, list[Tensor]]) -> None:
        """Take over the `state` of another. Raises KeyError, ValueError or RuntimeError."""
        for name, tensors in self.state.items():
            for mine, saved in zip(tensors, state[name], strict=True):
                if mine.shape != saved.shape:
                    raise ValueError(f"the optimiser's {name} are another model's")
                mine.copy_(saved)


def average_decay(step: int, trained: bool) -> float:
    """The share of the average that stays at a step; the rest is the weights as they are then.

    A random model's average looks back over a ninth of the steps done, at most a thousand: or its
    first weights would weigh on it for long. A trained one's takes in the whole run, each step in
    proportion to its number: training then wanders about a valley, whose middle is better than any
    place on the way (Izmailov et al., 2018; Shamir & Zhang, 2013).
    """
    if trained:
        return (1 + step) / (3 + step)
    return min(AVERAGE_DECAY, (1 + step) / (10 + step)) if step else 0.0


@torch.no_grad()
def update_average(average: list[Tensor], parameters: list[Tensor], decay: float) -> None:
    """Average <- decay * average + (1 - decay) * parameters."""
    torch._foreach_lerp_(average, parameters, 1 - decay)


def clip_gradient(parameters: list[nn.Parameter]) -> None:
    """Shorten the gradient to LARGEST_GRADIENT if it is longer."""
    norm = nn.utils.get_total_norm([parameter.grad for parameter in parameters])
    if norm > LARGEST_GRADIENT:  # else there is nothing to write, which saves a pass over it
        nn.utils.clip_grads_with_norm_(parameters, LARGEST_GRADIENT, norm)


def learning_rate_factor(progress: float) -> float:
    """One cycle: a linear rise, then a half cosine. `progress` in [0, 1]."""
    if progress < WARM_UP:
        return progress / WARM_UP
    done = (progress - WARM_UP) / (1 - WARM_UP)
    cosine = 0.5 * (1 + math.cos(math.pi * done))
    return FINAL_LEARNING_RATE + (1 - FINAL_LEARNING_RATE) * cosine


def augmented_share(progress: float, settings: Settings) -> float:
    """The share of images to augment: constant, then a linear fade to 0. `progress` in [0, 1]."""
    if settings.epochs < FEW_EPOCHS and not settings.trained:
        return 0.0
    return AUGMENTED * min(1.0, (1 - progress) / (1 - AUGMENTED_UNTIL))


def reduced_precision(device: torch.device) -> bool:
    """Whether bfloat16 arithmetic is faster than float32 on this device."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    # Without native instructions bfloat16 is emulated on a CPU, and slower.
    return device.type == "cpu" and torch.cpu._is_avx512_bf16_supported()


def autocast(device: torch.device) -> torch.autocast:
    """The context in which forward passes run at the device's fastest adequate precision."""
    return torch.autocast(device.type, torch.bfloat16, enabled=reduced_precision(device))


def seeded(generator: torch.Generator, seed: int, number: int) -> torch.Generator:
    """`generator`, set to the stream that belongs to a seed and an epoch's or a step's number."""
    return generator.manual_seed((seed * 1_000_003 + number) % 2**63)


def fit(
    run: Run, images: Tensor, after_step: Callable[[float], None] = lambda loss: None
) -> Iterator[Epoch]:
    """Train on uint8 images (N, 1, 28, 28), from where `run` stands, yielding after every epoch.

    `after_step(loss)` is called between steps with the batch's negative ELBO in nats per image;
    what it raises ends the run with its state whole.
    """
    device = images.device
    generator = torch.Generator(device)
    run.model.train()
    while run.step < run.total_steps:
        epoch, first = divmod(run.step, run.steps_per_epoch)
        order = seeded(generator, run.settings.seed, -1 - epoch)
        for index, batch in enumerate(data.batches(images, run.settings.batch_size, order)):
            if index < first:
                continue
            started = time.perf_counter()
            seeded(generator, run.settings.seed, run.step)
            terms = training_step(run, data.as_floats(batch), generator)
            run.step += 1
            run.sums += terms * len(batch)
            run.seconds += time.perf_counter() - started
            if index + 1 < run.steps_per_epoch:
                after_step(float(terms.sum()))
        reconstruction, kl = (run.sums / run.image_count).tolist()
        done = Epoch(epoch + 1, reconstruction + kl, reconstruction, kl, run.seconds)
        run.sums.zero_()
        run.seconds = 0.0
        yield done


def training_step(run: Run, images: Tensor, generator: torch.Generator) -> Tensor:
    """One gradient step on floats (B, 1, 28, 28): mean reconstruction and KL terms (2,), nats."""
    progress = run.step / run.total_steps
    images = data.augment(images, augmented_share(progress, run.settings), generator)
    with autocast(images.device):
        logits, posterior = run.model(images, generator)
    terms = negative_elbo(logits, images, posterior)
    # The KL term rises to its weight of 1, or the codes would collapse to the prior before the
    # decoder has learnt to read them (Sonderby et al., 2016).
    kl_weight = 1.0 if run.settings.trained else min(1.0, progress / WARM_UP)
    loss = (terms.reconstruction + kl_weight * terms.kl).mean()
    if run.ratio and progress >= MATCHED_FROM:
        loss = loss + run.settings.match_prior * run.ratio(posterior.sample(generator)).mean()
    run.optimizer.forget_gradients()
    loss.backward()
    clip_gradient(run.parameters)
    run.optimizer.step(run.settings.learning_rate * learning_rate_factor(progress))
    update_average(run.averaged, run.parameters, average_decay(run.step, run.settings.trained))
    if run.ratio:
        rate = RATIO_LEARNING_RATE * learning_rate_factor(progress)
        for _ in range(RATIO_STEPS):
            ratio_step(run, posterior, rate, generator)
    return torch.stack((terms.reconstruction.mean(), terms.kl.mean())).detach().cpu().double()


def ratio_step(
    run: Run, posterior: Gaussian, learning_rate: float, generator: torch.Generator
) -> None:
    """One step of the density ratio towards the codes as they now are."""
    run.ratio_optimizer.forget_gradients()
    run.ratio.loss(posterior, generator).backward()
    run.ratio_optimizer.step(learning_rate)
