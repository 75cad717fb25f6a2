"""How a model learned: what its training kept of itself, as the page takes it."""

from vae import render
from vae.history import History, Moment
from vae.ui.server.models import LoadedModel, finite_numbers

CODE_DECIMALS = 2  # of a test digit's code: a dot on the map
TERMS = ("reconstruction", "kl")


def of(model: LoadedModel) -> dict:
    """The history of a model; no moments where it has none.

    moments        [{step, samples, reconstructions, manifold, square, codes}], the first first:
                   WebP data URIs, and {x, y} of test digits; the last three null for a model of
                   other than two dimensions, square null as in a map
    labels         the classes of the test digits, a character each
    stepsPerEpoch  steps
    test, train    [[step, reconstruction, kl], ...] ascending: means over all digits, nats; train's
                   are means over the epoch that ends with that step
    """
    history = model.history
    if history is None:
        return {"moments": []}
    return {
        "moments": [wire(moment) for moment in history.moments],
        "labels": history.labels,
        "stepsPerEpoch": history.steps_per_epoch,
        **curves(history, model.metrics),
    }


def wire(moment: Moment) -> dict:
    """A moment as the page takes it."""
    square, codes = moment.square, None
    if moment.codes is not None:
        x, y = zip(*moment.codes, strict=True)
        codes = {"x": rounded(x), "y": rounded(y)}
    return {
        "step": moment.step,
        "samples": webp(moment.samples),
        "reconstructions": webp(moment.reconstructions),
        "manifold": moment.manifold and webp(moment.manifold),
        "square": square and square._asdict(),
        "codes": codes,
    }


def curves(history: History, metrics: dict) -> dict:
    """Both terms of the bound, on the test digits and on those of training, by steps."""
    test = {moment.step: [moment.test_reconstruction, moment.test_kl] for moment in history.moments}
    train = {}
    for number, epoch in enumerate(epochs_of(metrics), start=1):
        step = number * history.steps_per_epoch
        test[step] = [epoch[f"test_{term}"] for term in TERMS]
        train[step] = [epoch[f"train_{term}"] for term in TERMS]
    return {
        name: [[step, *rounded(terms)] for step, terms in sorted(points.items())]
        for name, points in (("test", test), ("train", train))
    }


def epochs_of(metrics: dict) -> list[dict]:
    """The epochs of a metrics.json, up to the first that is not as training writes it."""
    found = metrics.get("epochs")
    epochs: list[dict] = []
    for epoch in found if isinstance(found, list) else []:
        keys = [f"{split}_{term}" for split in ("train", "test") for term in TERMS]
        numbers = [epoch.get(key) for key in keys] if isinstance(epoch, dict) else None
        if not finite_numbers(numbers, len(keys)):
            break
        epochs.append(epoch)
    return epochs


def rounded(values: list[float] | tuple[float, ...]) -> list[float]:
    return [round(value, CODE_DECIMALS) for value in values]


def webp(file: bytes) -> str:
    return render.data_uri(file, "image/webp")
