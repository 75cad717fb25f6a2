"""Maximises the ELBO, one epoch at a time, so that any run can stop and continue exactly.

All randomness is a function of the seed and the step, never of what ran before: the state of a run
is its weights, their average, the optimiser and the number of steps. Knows no files, no flags.
"""

import copy
import math
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass

import torch
from torch import Tensor, nn
from torch.optim import Adam, Optimizer
from torch.optim.swa_utils import get_ema_multi_avg_fn

from vae import data
from vae.augmentation import augment, binarise
from vae.density_ratio import DensityRatio
from vae.loss import negative_elbo
from vae.model import VAE

BETAS = (0.9, 0.99)  # of Adam
AVERAGE_DECAY = 0.999  # the most, of the exponential moving average of the weights, per step
WARM_UP = 0.05  # share of the steps over which learning rate and KL weight rise
FINAL_LEARNING_RATE = 0.01  # share of the peak that is left at the last step
AUGMENTED_UNTIL = 0.6  # share of the steps before augmentation fades, to none at the last one
FEW_EPOCHS = 20  # a shorter run never augments: it sees no image often enough to overfit
LARGEST_GRADIENT = 100.0  # norm, nats; clips the rare batch whose gradient explodes
# A density ratio that lags behind the codes misleads the encoder. It therefore joins the loss only
# after a share of the steps, and takes several steps to each of the model's.
MATCHED_FROM = 0.2
RATIO_STEPS = 3
RATIO_LEARNING_RATE = 1e-3  # the peak
MIXTURE_COMPONENTS = 20 * data.CLASSES  # of the mixture that is fitted when a run has ended


@dataclass(frozen=True)
class Settings:
    """What decides a training run, apart from the images.

    Its fields are the flags of train_model.py, and what checkpoint and metrics.json say of a run.
    """

    architecture: str = "conv"
    latent_dim: int = 32
    hidden_dim: int = 32
    dataset: str = "mnist"
    epochs: int = 40
    batch_size: int = 128
    learning_rate: float = 3e-3  # the peak
    kl_weight: float = 1.0  # beta of a beta-VAE (Higgins et al., 2017); 0 is a plain autoencoder
    match_prior: float = 0.0  # weight of KL(aggregate posterior || prior), added to the loss
    augment: float = 0.5  # share of the images that are altered, as by other hands
    binarise: float = 0.0  # share of the images whose pixels are drawn black or white at each step
    seed: int = 0
    half_precision: bool = False  # whether the weights are stored in 16 bits


# What a setting that nobody names stands for, by architecture.
DEFAULTS = {
    "conv": Settings(),
    "mlp": Settings(architecture="mlp", latent_dim=20, hidden_dim=512, learning_rate=4e-3),
}


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
        self.model = model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.settings = settings
        self.image_count = image_count
        self.steps_per_epoch = math.ceil(image_count / settings.batch_size)
        # The model with the averaged weights: what is evaluated, shown and shipped.
        self.average = copy.deepcopy(self.model).eval()
        # Listed once, since every step needs them several times.
        self.parameters = list(self.model.parameters())
        self.averaged = list(self.average.parameters())
        self.optimizer = Adam(self.parameters, betas=BETAS, fused=True)
        self.ratio: DensityRatio | None = None
        if settings.match_prior:
            self.ratio = DensityRatio(model.latent_dim).to(model.device)
            self.ratio_optimizer = Adam(self.ratio.parameters(), betas=BETAS, fused=True)
        self.step = 0
        # Running sums of this epoch: reconstruction and KL in nats, seconds.
        self.sums = torch.zeros(2, dtype=torch.float64)
        self.seconds = 0.0

    @property
    def total_steps(self) -> int:
        return self.settings.epochs * self.steps_per_epoch

    @property
    def progress(self) -> float:
        """The share of the steps that are done, in [0, 1]."""
        return self.step / self.total_steps

    def state(self) -> dict:
        """Everything that `restore` needs, as tensors and plain values."""
        state = {
            "settings": asdict(self.settings),
            "image_count": self.image_count,
            "step": self.step,
            "sums": self.sums.tolist(),
            "seconds": self.seconds,
            "model": self.model.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self.optimizer.state_dict(),
        }
        if self.ratio:
            state["ratio"] = self.ratio.state_dict()
            state["ratio_optimizer"] = self.ratio_optimizer.state_dict()
        return state

    def restore(self, state: dict) -> None:
        """Continue from `state`. Raises KeyError, ValueError or RuntimeError if it does not fit."""
        if state["settings"] != asdict(self.settings) or state["image_count"] != self.image_count:
            raise ValueError("the checkpoint was made with other settings or other data")
        self.model.load_state_dict(state["model"])
        self.average.load_state_dict(state["average"])
        self.optimizer.load_state_dict(state["optimizer"])
        if self.ratio:
            self.ratio.load_state_dict(state["ratio"])
            self.ratio_optimizer.load_state_dict(state["ratio_optimizer"])
        self.step = state["step"]
        self.sums = torch.tensor(state["sums"], dtype=torch.float64)
        self.seconds = state["seconds"]


def begin(settings: Settings, images: Tensor) -> Run:
    """A run at its first step on uint8 images (N, 1, 28, 28), on their device."""
    torch.manual_seed(settings.seed)
    shape = settings.architecture, settings.latent_dim, settings.hidden_dim
    model = VAE(*shape, MIXTURE_COMPONENTS, data.CLASSES, directions=True).to(images.device)
    mean_image = data.mean_image(images)
    model.encoder.init_from_mean(mean_image)
    model.decoder.init_from_mean(mean_image)
    return Run(model, settings, len(images))


def average_decay(step: int) -> float:
    """The share of the average that stays at a step; the rest is the weights as they are then.

    The average looks back over a ninth of the steps done, at most a thousand: it soon forgets the
    first weights.
    """
    return min(AVERAGE_DECAY, (1 + step) / (10 + step)) if step else 0.0


@torch.no_grad()
def update_average(average: list[Tensor], parameters: list[Tensor], decay: float) -> None:
    """Average <- decay * average + (1 - decay) * parameters."""
    get_ema_multi_avg_fn(decay)(average, parameters, None)


def learning_rate_factor(progress: float) -> float:
    """One cycle: a linear rise, then a half cosine. `progress` in [0, 1]."""
    if progress < WARM_UP:
        return progress / WARM_UP
    done = (progress - WARM_UP) / (1 - WARM_UP)
    cosine = 0.5 * (1 + math.cos(math.pi * done))
    return FINAL_LEARNING_RATE + (1 - FINAL_LEARNING_RATE) * cosine


def kl_weight(progress: float, settings: Settings) -> float:
    """The KL term's weight: a linear rise, then `settings.kl_weight`. `progress` in [0, 1].

    At full weight from the start, the codes would collapse to the prior before the decoder has
    learnt to read them (Sonderby et al., 2016).
    """
    return min(1.0, progress / WARM_UP) * settings.kl_weight


def augmented_share(progress: float, settings: Settings) -> float:
    """The share of images to augment: constant, then a linear fade to 0. `progress` in [0, 1]."""
    if settings.epochs < FEW_EPOCHS:
        return 0.0
    return settings.augment * min(1.0, (1 - progress) / (1 - AUGMENTED_UNTIL))


def reduced_precision(device: torch.device) -> bool:
    """Whether bfloat16 arithmetic is faster than float32 on this device."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    # Without native instructions a CPU emulates bfloat16, slowly. Torch has no public function
    # that tells.
    native = getattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)
    return device.type == "cpu" and native()


def autocast(device: torch.device) -> torch.autocast:
    """The context in which forward passes run at the device's fastest adequate precision."""
    return torch.autocast(device.type, torch.bfloat16, enabled=reduced_precision(device))


def make_repeatable() -> None:
    """Let the same seed on the same device give the same weights, on a GPU too."""
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.backends.cudnn.deterministic = True
    torch.backends.cudnn.benchmark = False


def seeded(generator: torch.Generator, seed: int, number: int) -> torch.Generator:
    """`generator`, set to the stream that belongs to a seed and an epoch's or a step's number."""
    return generator.manual_seed((seed * 1_000_003 + number) % 2**63)


def fit(
    run: Run, images: Tensor, after_step: Callable[[float], None] = lambda loss: None
) -> Iterator[Epoch]:
    """Train on uint8 images (N, 1, 28, 28), from where `run` stands, yielding after every epoch.

    `after_step(loss)` is called with the batch's negative ELBO in nats per image, after each step
    but an epoch's last, which yields the epoch. What it raises ends the run with its state whole.
    """
    device = images.device
    generator = torch.Generator(device)
    run.model.train()
    while run.step < run.total_steps:
        epoch, first = divmod(run.step, run.steps_per_epoch)
        # The batches' order is drawn here, before the steps seed the same generator anew.
        seeded(generator, run.settings.seed, -1 - epoch)
        for index, batch in enumerate(data.batches(images, run.settings.batch_size, generator)):
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
    progress, settings = run.progress, run.settings
    images = augment(images, augmented_share(progress, settings), generator)
    images = binarise(images, settings.binarise, generator)
    with autocast(images.device):
        logits, posterior = run.model(images, generator)
    terms = negative_elbo(logits, images, posterior)
    loss = (terms.reconstruction + kl_weight(progress, settings) * terms.kl).mean()
    if run.ratio and progress >= MATCHED_FROM:
        # KL(q(z) || p(z)). Its gradient for the ratio itself is cleared by the ratio's own steps.
        divergence = run.ratio(posterior.sample(generator)).mean()
        loss = loss + settings.match_prior * divergence
    descend(run.optimizer, loss, settings.learning_rate * learning_rate_factor(progress))
    update_average(run.averaged, run.parameters, average_decay(run.step))
    if run.ratio:
        for _ in range(RATIO_STEPS):
            ratio_loss = run.ratio.loss(posterior, generator)
            descend(
                run.ratio_optimizer,
                ratio_loss,
                RATIO_LEARNING_RATE * learning_rate_factor(progress),
            )
    return torch.stack((terms.reconstruction.mean(), terms.kl.mean())).detach().cpu().double()


def descend(optimizer: Optimizer, loss: Tensor, learning_rate: float) -> None:
    """One step of an optimiser with one group of parameters down the gradient of `loss`."""
    (group,) = optimizer.param_groups
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(group["params"], LARGEST_GRADIENT)
    group["lr"] = learning_rate
    optimizer.step()
