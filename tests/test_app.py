"""The entry of the app: flags, weights folders good and bad, ports, and the life of a Space."""

import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
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


def test_the_app_starts_in_an_odd_environment_and_ctrl_c_ends_it(tmp_path):
    port = free_port()
    environment = os.environ | {
        "GRADIO_SERVER_NAME": "127.0.0.1",
        "GRADIO_SERVER_PORT": str(port),
        # What other programs on the machine may need, or have left behind.
        "HTTP_PROXY": "http://127.0.0.1:1",
        "ALL_PROXY": "socks5://127.0.0.1:1",
        "GRADIO_TEMP_DIR": str(tmp_path / "conv" / "config.json"),
        "PYTHONIOENCODING": "cp1252",
    }
    command = [sys.executable, "app.py", "--weights", str(make_weights(tmp_path, "conv", "数字"))]
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="cp1252",
    )
    try:
        deadline = time.monotonic() + 180
        while time.monotonic() < deadline and process.poll() is None:
            try:
                if httpx.get(f"http://127.0.0.1:{port}/", timeout=5).status_code == 200:
                    break
            except httpx.TransportError:
                time.sleep(0.2)
        assert httpx.get(f"http://127.0.0.1:{port}/").status_code == 200
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=30)
    finally:
        process.kill()
    assert "Traceback" not in said
    assert "Device: cpu. Models: conv, ??." in said
    assert process.returncode == 0


def test_on_zerogpu_one_function_asks_for_a_gpu(tmp_path):
    (tmp_path / "spaces.py").write_text(
        textwrap.dedent(
            """
            decorated = []

            def GPU(duration):
                def decorate(function):
                    decorated.append(function.__name__)
                    return function
                return decorate
            """
        )
    )
    code = "import spaces; from vae.ui import page; print(spaces.decorated)"
    environment = os.environ | {"PYTHONPATH": str(tmp_path), "SPACES_ZERO_GPU": "true"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert done.stdout.split("\n")[0] == "['decode_on_gpu']", done.stderr


@pytest.mark.parametrize("flag", ["auto", "cuda"])
def test_on_zerogpu_the_page_stays_on_the_cpu(tmp_path, capsys, launched, monkeypatch, flag):
    monkeypatch.setattr("vae.ui.server.zerogpu.ACTIVE", True)
    run("--weights", str(make_weights(tmp_path, "conv")), "--device", flag)
    assert "Device: cpu." in capsys.readouterr().out
