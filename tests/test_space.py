"""A Hugging Face Space: README's commands upload what belongs there; the app runs on ZeroGPU."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.serving.hugging_face import Hub, ZeroGPU, served
from tests.serving.process import serving
from tests.synthetic import small_model
from vae import storage

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
# What a checkout collects that is nobody's business, or is made anew on the Space.
LITTER = (
    ".env",
    ".venv/lib/python3.11/site-packages/vae/model.py",
    ".cache/classifier.safetensors",
    ".pytest_cache/README.md",
    ".gradio/certificate.pem",
    "data/MNIST/raw/train-images-idx3-ubyte",
    "notes.md",
    "vae/.DS_Store",
    "vae/__pycache__/model.cpython-311.pyc",
    "vae/ui/__pycache__/page.cpython-311.pyc",
    "vae/ui/page.pyi",
    "weights/my-conv/.training.lock",
    "weights/my-conv/checkpoint.pt",
    "weights/my-conv/epochs/001-reconstructions.png",
    "weights/conv/.model.safetensors.partial",
)


def hosting_commands() -> str:
    """The shell commands of README's "Host it"."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    found = re.search(r"^## Host it\n(.*?)^## ", readme, re.MULTILINE | re.DOTALL)
    return "\n".join(re.findall(r"^```sh\n(.*?)^```$", found[1], re.MULTILINE | re.DOTALL))


def shipped() -> set[str]:
    """The files of the repository that the app reads, or that its page on the Hub shows."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split("\0")
    folders = ("assets/", "vae/", "weights/")
    files = {"app.py", "train_model.py", "requirements.txt", "README.md", "LICENSE"}
    there = {name for name in listed if name.startswith(folders) and (ROOT / name).is_file()}
    return there | files


@pytest.fixture
def hf() -> Path:
    """The Hub's command line, where it runs: its oldest admitted version fails with a new typer."""
    command = BIN / "hf"
    if subprocess.run([command, "version"], capture_output=True).returncode:
        pytest.skip("`hf version` fails in this environment")
    return command


@pytest.fixture
def checkout(tmp_path) -> Path:
    """A copy of what ships, a model of the user's own, tests, and litter."""
    folder = tmp_path / "checkout"
    for name in (*shipped(), "tests/conftest.py", "pyproject.toml", ".gitignore"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    storage.save_model(small_model("mlp"), folder / "weights" / "my-conv")
    for name in LITTER:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"litter")
    return folder


def test_the_commands_of_the_readme_upload_what_belongs_on_a_space(checkout, hf, tmp_path):
    commands = hosting_commands().replace(".venv/bin/hf", str(hf))
    login, *rest = commands.splitlines()
    assert login.endswith("hf auth login")  # it asks the user
    environment = {
        **os.environ,
        "HF_HOME": str(tmp_path / "hub"),
        "HF_TOKEN": "hf_token",
        "HF_HUB_DISABLE_UPDATE_CHECK": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "NO_PROXY": "127.0.0.1",
    }
    with served(Hub()) as hub:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", "\n".join(rest)],
            cwd=checkout,
            env=environment | {"HF_ENDPOINT": hub.address},
            capture_output=True,
            text=True,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    assert hub.created["type"] == "space"
    assert hub.created["sdk"] == "gradio"
    assert hub.created["hardware"] == "zero-a10g"
    mine = {f"weights/my-conv/{name}" for name in (storage.CONFIG, storage.WEIGHTS)}
    assert set(hub.files) == shipped() | mine
    for name, content in hub.files.items():
        assert content == (checkout / name).read_bytes(), name
    # The Hub reads the card's head: what runs the Space.
    (card,) = set(hub.cards)
    head = yaml.safe_load(card.split("---\n")[1])
    assert (head["sdk"], head["app_file"]) == ("gradio", "app.py")


@pytest.mark.skipif(
    importlib.util.find_spec("spaces") is None, reason="needs Hugging Face's package: spaces"
)
def test_on_zerogpu_the_app_starts_and_answers_without_a_gpu(tiny_weights, tmp_path):
    control_group = tmp_path / "cgroup"
    control_group.write_text("0::/space\n")
    with served(ZeroGPU()) as lender:
        settings = {
            "SPACES_ZERO_GPU": "true",
            "SPACES_ZERO_DEVICE_API_URL": lender.address,
            "ZEROGPU_PROC_SELF_CGROUP_PATH": str(control_group),
            "ZEROGPU_OFFLOAD_DIR": str(tmp_path / "tensors"),
            "NO_PROXY": "127.0.0.1",
        }
        with serving(tiny_weights, **settings) as server:
            assert [path for _, path, _ in lender.asked] == ["/startup-report"]
            assert "Device: cpu." in server.log()
            sheet = server.connection.call("sample", 16, 0, 1.0, "prior", "conv")
            assert len(sheet["codes"]) == 16
            assert "/schedule" not in [path for _, path, _ in lender.asked]

            large = server.connection.call("sample", 300, 0, 1.0, "prior", "conv")
            assert len(large["codes"]) == 300
            (asked,) = [query for _, path, query in lender.asked if path == "/schedule"]
            assert 0 < int(asked["durationSeconds"]) <= 10
            assert "No GPU was lent" in server.log()
            assert "Traceback" not in server.log()
