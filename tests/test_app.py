"""The entry of the app: flags, weights folders good and bad, ports, and the life of a Space."""

import importlib.util
import os
import re
import signal
import socket
import subprocess
import sys
import time
import types
from pathlib import Path

import click
import httpx
import pytest
from safetensors.torch import load_file, save_file

import app
from tests.serving.process import free_port
from tests.synthetic import small_model
from vae import storage

ROOT = Path(__file__).resolve().parent.parent


def make_weights(root: Path, *names: str) -> Path:
    for name in names:
        storage.save_model(small_model("mlp"), root / name)
    return root


def run(*arguments: str) -> None:
    """The command in this process; what click would print and exit with is raised."""
    app.main.main(list(arguments), standalone_mode=False)


def last_words(*arguments: str) -> str:
    """What the app says when it does not start: one sentence, no traceback."""
    with pytest.raises(click.ClickException) as caught:
        run(*arguments)
    said = caught.value.format_message()
    assert "\n" not in said
    assert "Traceback" not in said
    return said


@pytest.fixture
def launched(monkeypatch):
    """The service that would have been served, instead of serving it."""
    services = []
    monkeypatch.setattr("vae.ui.page.launch", lambda service, **_: services.append(service))
    return services


@pytest.mark.parametrize("make", [False, True], ids=["absent", "empty"])
def test_without_weights_the_app_says_how_to_train_some(tmp_path, capsys, make):
    root = tmp_path / "weights"
    if make:
        root.mkdir()
    said = last_words("--weights", str(root))
    assert str(root) in said
    assert "train_model.py" in said


def truncate(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:1000])


def not_finite(file: Path) -> None:
    tensors = load_file(file)
    tensors["encoder.mean.bias"][0] = float("nan")
    save_file(tensors, file)


def misfit(file: Path) -> None:
    (file.parent / "config.json").write_text('{"architecture": "conv", "latent_dim": 3}')


def not_json(file: Path) -> None:
    (file.parent / "config.json").write_text("{")


@pytest.mark.parametrize("damage", [truncate, not_finite, misfit, not_json])
def test_a_damaged_folder_is_named_and_the_healthy_ones_serve(tmp_path, capsys, launched, damage):
    make_weights(tmp_path, "good", "bad")
    damage(tmp_path / "bad" / "model.safetensors")
    run("--weights", str(tmp_path))
    assert launched[0].models.names == ("good",)
    complaint = capsys.readouterr().err.strip()
    assert "\n" not in complaint
    assert str(tmp_path / "bad") in complaint


@pytest.mark.parametrize("damage", [truncate, not_finite, misfit, not_json])
def test_where_every_folder_is_damaged_the_app_does_not_start(tmp_path, capsys, damage):
    make_weights(tmp_path, "bad")
    damage(tmp_path / "bad" / "model.safetensors")
    assert str(tmp_path / "bad") in last_words("--weights", str(tmp_path))


def test_a_folder_of_ones_own_appears_by_itself_and_conv_leads(tmp_path, launched):
    make_weights(tmp_path, "a-first", "conv", "my-own")
    run("--weights", str(tmp_path))
    assert launched[0].models.names == ("conv", "a-first", "my-own")


def test_the_app_says_which_device_and_models_it_uses(tmp_path, capsys, launched):
    run("--weights", str(make_weights(tmp_path, "conv")), "--device", "cpu")
    assert "cpu" in capsys.readouterr().out
    assert launched[0].models.named("conv").latent_dim == 3


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--port", "0"], "1<=x<=65535"),
        (["--port", "65536"], "1<=x<=65535"),
        (["--port", "http"], "http"),
        (["--port", "-1"], ""),
        (["--device", "abacus"], "cpu"),
        (["--colour", "red"], "--colour"),
    ],
)
def test_a_flag_that_means_nothing_is_refused(capsys, arguments, words):
    assert words in last_words(*arguments)


def test_a_device_that_is_not_here_is_refused(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("torch.accelerator.is_available", lambda: False)
    weights = str(make_weights(tmp_path, "conv"))
    assert "cuda" in last_words("--device", "cuda", "--weights", weights)


def test_a_port_in_use_is_one_sentence(tmp_path, capsys):
    weights = str(make_weights(tmp_path, "conv"))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        said = last_words("--port", port, "--weights", weights)
    assert port in said
    assert "--port" in said


# Python runs it before the app. What completions need takes a second a model here.
LONG_PREPARING = """
import time
import torch
from vae import inference

def prepare(model):
    print("preparing", flush=True)
    end = time.monotonic() + 1
    while time.monotonic() < end:
        torch.ones(300, 300) @ torch.ones(300, 300)

inference.prepare = prepare
"""


def test_the_app_starts_in_an_odd_environment_and_ctrl_c_ends_it_whole_and_soon(tmp_path):
    """Soon: completions are being prepared, which is left off after a model."""
    names = ("conv", "a", "b", "c", "数字")
    weights = make_weights(tmp_path / "weights", *names)
    (tmp_path / "sitecustomize.py").write_text(LONG_PREPARING)
    log, port = tmp_path / "log", free_port()
    environment = os.environ | {
        "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}",
        "GRADIO_SERVER_NAME": "127.0.0.1",
        "GRADIO_SERVER_PORT": str(port),
        # What other programs on the machine may need, or have left behind.
        "HTTP_PROXY": "http://127.0.0.1:1",
        "ALL_PROXY": "socks5://127.0.0.1:1",
        "GRADIO_TEMP_DIR": str(weights / "conv" / "config.json"),
        "PYTHONIOENCODING": "cp1252",
    }
    command = [sys.executable, "app.py", "--weights", str(weights)]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        # By then the page is served.
        while b"preparing" not in log.read_bytes() and process.poll() is None:
            time.sleep(0.1)
        assert httpx.get(f"http://127.0.0.1:{port}/", verify=False).status_code == 200
        process.send_signal(signal.SIGINT)
        process.wait(30)
    finally:
        process.kill()
    said = log.read_text(encoding="cp1252")
    assert "Traceback" not in said
    assert "Device: cpu. Models: conv, a, b, c, ??." in said
    assert said.count("preparing") < len(names)  # as far as it was, and no further
    assert process.returncode == 0


def test_on_zerogpu_one_function_asks_for_a_gpu(monkeypatch):
    decorated = []

    def gpu(duration):
        def decorate(function):
            decorated.append(function.__name__)
            return function

        return decorate

    spaces = types.ModuleType("spaces")
    spaces.GPU = gpu
    monkeypatch.setitem(sys.modules, "spaces", spaces)
    monkeypatch.setenv("SPACES_ZERO_GPU", "true")
    spec = importlib.util.find_spec("vae.ui.server.zerogpu")
    zerogpu = importlib.util.module_from_spec(spec)  # as if nobody had imported it yet
    spec.loader.exec_module(zerogpu)
    assert zerogpu.ACTIVE
    assert decorated == ["decode_on_gpu"]
    importing = re.compile(r"^\s*(import|from) spaces\b", re.MULTILINE)
    files = [ROOT / "app.py", *ROOT.glob("vae/**/*.py")]
    users = [file for file in files if importing.search(file.read_text(encoding="utf-8"))]
    assert users == [Path(spec.origin)]  # so no other function can


@pytest.mark.parametrize("flag", ["auto", "cuda"])
def test_on_zerogpu_the_page_stays_on_the_cpu(tmp_path, capsys, launched, monkeypatch, flag):
    monkeypatch.setattr("vae.ui.server.zerogpu.ACTIVE", True)
    run("--weights", str(make_weights(tmp_path, "conv")), "--device", flag)
    assert "Device: cpu." in capsys.readouterr().out
