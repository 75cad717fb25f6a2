"""Devices: which one is chosen, and what happens when it fails. Fakes stand in for a GPU."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from tests.synthetic import fitted_model
from vae.model import VAE
from vae.ui.server.models import Models
from vae.ui.server.service import Service

HALF = torch.arange(784).view(1, 28, 28) < 392
CODE = [0.5, -1.0, 0.25]
QUESTIONS = {
    "read": lambda service, model: service.read(model, image()).code,
    "decode": lambda service, model: service.decode(model, CODE).tolist(),
    "sample": lambda service, model: service.sample(model, 4, 1)[1].tolist(),
    "interpolate": lambda service, model: service.interpolate(
        model, CODE, [0.0] * 3, 5, "linear"
    ).tolist(),
    "complete": lambda service, model: service.complete(model, image(), HALF, 3)[1].tolist(),
    "steer": lambda service, model: service.steer(model, CODE, "slant", [0.5])[1].tolist(),
}
# What torch raises when memory runs out, and when the device is lost or in a bad state.
DEVICE_ERRORS = [
    torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."),
    RuntimeError("CUDA error: device-side assert triggered"),
    RuntimeError("CUDA error: the launch timed out and was terminated"),
    RuntimeError("MPS backend out of memory"),
]
HARDWARE = [name for name in ("cuda", "mps") if getattr(torch, name).is_available()]


def ask(question: str, service: Service, model: str | None = None) -> object:
    return QUESTIONS[question](service, service.models.named(model))


def image() -> torch.Tensor:
    return torch.rand(1, 28, 28, generator=torch.Generator().manual_seed(0))


@pytest.fixture(scope="module")
def models() -> Models:
    return Models({"conv": fitted_model("conv"), "mlp": fitted_model("mlp")})


@pytest.fixture(scope="module")
def answers(models) -> dict[str, object]:
    """What is answered on the CPU."""
    return {question: ask(question, Service(models)) for question in QUESTIONS}


class FailingModel:
    """Stands where the copy of a model on an accelerator would, and fails at every use."""

    def __init__(self, whole: VAE, error: RuntimeError):
        self.device = torch.device("cuda")
        self.error = error
        self.uses = 0
        self.whole = whole

    def __getattr__(self, name: str) -> object:
        return getattr(self.whole, name)

    def fail(self, *arguments: object) -> None:
        self.uses += 1
        raise self.error

    encode = decode = fail


def on_failing_accelerator(models: Models, error: RuntimeError) -> tuple[Service, FailingModel]:
    """All models at work on an accelerator that raises `error`."""
    service = Service(models)
    broken = FailingModel(models.named("conv").vae, error)
    broken.to = lambda device: broken  # a tensor's .to(model.device) must not be what fails
    service.executor.copies = dict.fromkeys(service.models.names, broken)
    return service, broken


@pytest.fixture(autouse=True)
def tensors_stay(monkeypatch):
    """No tensor leaves the CPU for the device of a fake."""
    to = torch.Tensor.to
    monkeypatch.setattr(
        torch.Tensor,
        "to",
        lambda self, *to_what, **options: (
            self
            if not HARDWARE and to_what and torch.device("cuda") in to_what
            else to(self, *to_what, **options)
        ),
    )


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("error", DEVICE_ERRORS, ids=lambda error: str(error)[:24])
def test_a_failed_accelerator_is_replaced_by_the_cpu(models, answers, question, error, capsys):
    service, broken = on_failing_accelerator(models, error)
    assert service.notice is None
    assert ask(question, service) == answers[question]
    assert "processor" in service.notice
    assert str(error)[:20] in capsys.readouterr().out
    uses = broken.uses
    for each in QUESTIONS:
        ask(each, service)
    ask("decode", service, "mlp")
    assert broken.uses == uses  # never asked again, by any model


def test_all_who_meet_the_failure_at_once_are_answered(models):
    service, _ = on_failing_accelerator(models, DEVICE_ERRORS[0])
    expected = models.named("conv").vae.decode(torch.tensor([CODE])).sigmoid()[0].tolist()
    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(lambda _: ask("decode", service), range(64)))
    assert all(answer == expected for answer in found)


@pytest.mark.parametrize("question", ["read", "decode"])
def test_what_is_asked_on_the_event_loop_waits_for_no_accelerator(models, answers, question):
    """Another visitor's sheet is on it."""
    service, broken = on_failing_accelerator(models, DEVICE_ERRORS[0])
    begun, finished = threading.Event(), threading.Event()

    def sheet(vae: VAE) -> None:
        begun.set()
        assert finished.wait(30)

    with ThreadPoolExecutor() as pool:
        busy = pool.submit(service.executor.run_in_turn, models.default, sheet)
        try:
            assert begun.wait(30)
            assert ask(question, service) == answers[question]
            assert broken.uses == 0
        finally:
            finished.set()
        busy.result()
    ask(question, service)
    assert broken.uses == 1


def test_a_mistake_of_the_programs_own_is_not_blamed_on_the_accelerator(models):
    service, _ = on_failing_accelerator(models, RuntimeError("shapes cannot be multiplied"))

    def mistaken(model):
        raise RuntimeError("shapes cannot be multiplied")

    with pytest.raises(RuntimeError, match="shapes"):
        service.executor.run(service.models.default, mistaken)
    assert service.notice is None
    assert service.executor.copies["conv"].device.type == "cuda"


def test_an_error_on_the_cpu_is_raised_as_it_is(models):
    service = Service(models)

    def mistaken(model):
        raise RuntimeError("a bug")

    with pytest.raises(RuntimeError, match="a bug"):
        service.executor.run(service.models.default, mistaken)
    assert service.notice is None


@pytest.mark.skipif(not HARDWARE, reason="needs an accelerator")
@pytest.mark.parametrize("architecture", ["conv", "mlp"])
@pytest.mark.parametrize("source", ["prior", "posterior"])
def test_cpu_and_accelerator_agree(architecture, source):
    models = Models({"it": fitted_model(architecture)})
    here, there = (Service(models, device=device) for device in ("cpu", HARDWARE[0]))
    (codes, digits), (same, similar) = (
        each.sample(models.default, 64, 7, 1.0, source) for each in (here, there)
    )
    assert codes == same
    torch.testing.assert_close(similar, digits, atol=1e-3, rtol=0)
    for question in QUESTIONS:
        found, expected = (torch.tensor(ask(question, each)) for each in (there, here))
        torch.testing.assert_close(found, expected, atol=1e-3, rtol=0)
