"""What a training run keeps of itself: its moments, its files, its plane."""

import io
import json
import math
import random
import shutil
from pathlib import Path
from statistics import NormalDist

import numpy as np
import pytest
import torch
from PIL import Image

from tests.synthetic import digits, small_model
from vae import history, inference, render
from vae.data import as_floats
from vae.history import Recorder, Square

SHIPPED_MAP = Path(__file__).parent.parent / "weights" / "map"
LABELS = torch.arange(40) % 10


@pytest.fixture
def floats(drawn) -> torch.Tensor:
    return as_floats(drawn)


def record(folder: Path, floats: torch.Tensor, steps, latent_dim: int = 2, seed: int = 0) -> None:
    """A history of models that differ from step to step."""
    recorder = Recorder(folder, floats, LABELS, steps_per_epoch=50)
    for step in steps:
        recorder.record(small_model("mlp", latent_dim, seed=seed + step), step, 200.0 - step, 5.0)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory) -> Path:
    """A weights folder with a history of two moments, for tests to copy."""
    folder = tmp_path_factory.mktemp("recorded")
    record(folder, as_floats(torch.from_numpy(digits(40, seed=7)[0]).unsqueeze(1)), [0, 10])
    return folder


@pytest.fixture
def copied(recorded, tmp_path) -> Path:
    """Its own copy of `recorded`."""
    return shutil.copytree(recorded, tmp_path / "copied")


def files(folder: Path) -> dict[str, bytes]:
    """Everything below a folder, hidden files too."""
    return {
        str(file.relative_to(folder)): file.read_bytes()
        for file in folder.rglob("*")
        if file.is_file()
    }


def opened(webp: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(webp)).convert("L"), dtype=float)


def test_the_moments_of_a_run_of_forty_epochs():
    steps = [step for step in range(18_761) if history.due(step, 469, 18_760)]
    assert steps == [0, 10, 30, 100, 300, 469, 938, 1876, 3752, 7504, 15008, 18760]


def test_a_run_that_ends_early_keeps_its_end():
    assert [step for step in range(26) if history.due(step, 5, 25)] == [0, 5, 10, 20, 25]


def test_what_is_kept_is_what_the_model_decodes_and_encodes(tmp_path, floats):
    record(tmp_path, floats, [0, 10])
    model = small_model("mlp", 2, seed=10)
    kept = history.load(tmp_path, 2)
    moment = kept.moments[1]
    assert kept.steps_per_epoch == 50
    assert kept.labels == "0123456789" * 4
    assert [each.step for each in kept.moments] == [0, 10]
    assert (moment.test_reconstruction, moment.test_kl) == (190.0, 5.0)

    codes = inference.encode(model, floats).mean
    assert torch.allclose(torch.tensor(moment.codes), codes, rtol=1e-3)
    reconstructions = render.grey(inference.decode(model, codes[:16]))[:, 0]
    rows = opened(moment.reconstructions).reshape(4, 28, 8, 28).swapaxes(1, 2)
    assert np.abs(rows[0] - render.grey(floats[:8])[:, 0]).mean() < 6
    assert np.abs(rows[1] - reconstructions[:8]).mean() < 6
    assert np.abs(rows[3] - reconstructions[8:]).mean() < 6
    manifold = render.sheet(inference.decode(model, history.plane(None, 20)), 20)
    assert moment.square is None
    assert np.abs(opened(moment.manifold) - np.asarray(manifold)).mean() < 6


def test_the_same_codes_are_decoded_at_every_moment(tmp_path, floats):
    recorder = Recorder(tmp_path, floats, LABELS, 50)
    for step in (0, 10):
        recorder.record(small_model("mlp"), step, 1.0, 1.0)
    first, second = history.load(tmp_path, 3).moments
    assert first.samples == second.samples


def test_a_model_of_more_dimensions_has_no_map(tmp_path, floats):
    record(tmp_path, floats, [0], latent_dim=3)
    kept = history.load(tmp_path, 3)
    assert kept.labels == ""
    assert kept.moments[0].manifold is kept.moments[0].codes is kept.moments[0].square is None


def test_a_run_that_was_killed_and_goes_over_its_steps_again_leaves_the_same_files(
    tmp_path, floats
):
    record(tmp_path / "whole", floats, [0, 10, 30, 50])
    record(tmp_path / "killed", floats, [0, 10, 30])
    # Killed while it wrote the next moment: a picture is there that no index names.
    (tmp_path / "killed/history/0000050-samples.webp").write_bytes(b"half")
    record(tmp_path / "killed", floats, [10, 30, 50])
    assert files(tmp_path / "killed") == files(tmp_path / "whole")


def test_a_new_run_clears_away_what_an_older_one_left(tmp_path, floats):
    record(tmp_path / "reused", floats, [0, 7, 9], seed=100)
    record(tmp_path / "reused", floats, [0, 10])
    record(tmp_path / "new", floats, [0, 10])
    assert files(tmp_path / "reused") == files(tmp_path / "new")


def test_another_networks_moments_are_not_continued(tmp_path, floats):
    record(tmp_path, floats, [0, 10], latent_dim=3)
    record(tmp_path, floats, [30], latent_dim=2)
    assert history.load(tmp_path, 3) is None
    assert [moment.step for moment in history.load(tmp_path, 2).moments] == [30]


def test_a_full_disk_leaves_the_history_as_it_was(tmp_path, floats, monkeypatch):
    record(tmp_path, floats, [0, 10])
    before = files(tmp_path)

    def full(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("vae.storage.os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        record(tmp_path, floats, [30])
    assert files(tmp_path) == before


def test_a_history_stays_below_a_megabyte(tmp_path, floats):
    """Of a trained model's moments, whose pictures are the hardest to compress."""
    from vae.model import VAE

    model = VAE.from_pretrained(SHIPPED_MAP)
    images = as_floats(torch.from_numpy(digits(1000)[0]).unsqueeze(1))
    Recorder(tmp_path, images, torch.zeros(1000, dtype=int), 469).record(model, 0, 1.0, 1.0)
    # As many moments as a run of a thousand epochs has.
    moments = sum(history.due(step, 469, 469_000) for step in range(469_001))
    assert moments * sum(map(len, files(tmp_path).values())) < 1_000_000


@pytest.mark.parametrize(
    "spoil",
    [
        lambda index: index.clear(),
        lambda index: index.update(form=2),
        lambda index: index.update(labels="x" * 40),
        lambda index: index.update(labels="0" * 39),
        lambda index: index.update(steps_per_epoch="many"),
        lambda index: index.update(moments=[]),
        lambda index: index.update(moments=7),
        lambda index: index.update(moments=index["moments"][::-1]),
        lambda index: index["moments"][0].update(step=-1),
        lambda index: index["moments"][0].update(step=5),
        lambda index: index["moments"][0].update(step="../0"),
        lambda index: index["moments"][0].update(test_kl=math.nan),
        lambda index: index["moments"][0].update(square=[0, 1]),
        lambda index: index["moments"][0].update(square=[0, 0, 0]),
        lambda index: index["moments"][0].update(codes="AAAA"),
        lambda index: index["moments"][0].update(codes=None),
        lambda index: index["moments"][0].pop("codes"),
    ],
)
def test_a_foreign_index_is_no_history(copied, spoil):
    file = copied / "history" / "history.json"
    index = json.loads(file.read_text())
    spoil(index)
    file.write_text(json.dumps(index))
    assert history.load(copied, 2) is None


@pytest.mark.parametrize("name", ["samples", "reconstructions", "manifold"])
@pytest.mark.parametrize("content", [None, b"", b"no picture", "half", "another size", "huge"])
def test_a_damaged_picture_is_no_history(copied, name, content):
    file = copied / "history" / f"0000010-{name}.webp"
    if content is None:
        file.unlink()
    elif content == "half":
        file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    elif content == "another size":
        file.write_bytes(render.webp(Image.new("L", (28, 28)), 75))
    elif content == "huge":
        file.write_bytes(file.read_bytes() + bytes(1_000_000))
    else:
        file.write_bytes(content)
    assert history.load(copied, 2) is None


def test_flipped_bytes_never_raise(copied):
    rng = random.Random(0)
    whole = files(copied)
    for _ in range(60):
        name = rng.choice(sorted(whole))
        spoiled = bytearray(whole[name])
        for _ in range(rng.choice((1, 30))):
            spoiled[rng.randrange(len(spoiled))] = rng.randrange(256)
        (copied / name).write_bytes(spoiled)
        history.load(copied, 2)
        (copied / name).write_bytes(whole[name])


def test_a_folder_without_a_history_has_none(tmp_path):
    assert history.load(tmp_path, 2) is None
    (tmp_path / "history").write_text("a file")
    assert history.load(tmp_path, 2) is None


def test_the_priors_own_codes_have_not_left_it():
    codes = torch.randn(1000, 2, generator=torch.Generator().manual_seed(0))
    assert history.square_of(codes) is None


def test_the_square_holds_all_codes_and_the_priors_circle():
    codes = 20 * torch.randn(1000, 2, generator=torch.Generator().manual_seed(0)) + 30
    square = history.square_of(codes)
    radius = history.PRIOR_RADIUS
    for axis, start in enumerate((square.left, square.bottom)):
        assert start <= min(codes[:, axis].min(), -radius)
        assert start + square.side >= max(codes[:, axis].max(), radius)


def test_the_circle_holds_all_but_a_hundredth_of_the_prior():
    chi_squared = torch.distributions.Chi2(torch.tensor(2.0))
    draws = chi_squared.sample((200_000,))
    assert abs((draws > history.PRIOR_RADIUS**2).double().mean() - 0.01) < 0.001


def test_the_priors_axes_are_equally_probable():
    across, up = history.axes(None, 7)
    normal = torch.distributions.Normal(0.0, 1.0)
    assert torch.allclose(normal.cdf(across), (torch.arange(7) + 0.5) / 7, atol=1e-6)
    assert torch.equal(across, up)


def test_a_square_is_read_as_a_plot():
    codes = history.plane(Square(left=-2.0, bottom=10.0, side=4.0), 2)
    assert codes.tolist() == [[-1.0, 13.0], [1.0, 13.0], [-1.0, 11.0], [1.0, 11.0]]


def test_the_priors_plane_is_read_as_a_plot():
    """First dimension to the right, second upwards, row by row from the top (figure 4 of Kingma &
    Welling)."""
    axis = [NormalDist().inv_cdf((k + 0.5) / 3) for k in range(3)]
    expected = torch.tensor([[x, y] for y in reversed(axis) for x in axis])
    assert torch.allclose(history.plane(None, 3), expected, atol=1e-6)
    assert history.plane(None, 1).tolist() == [[0.0, 0.0]]
