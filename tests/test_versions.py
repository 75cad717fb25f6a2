"""A Python or a torch that is too old, or no torch, is refused by every program in one sentence."""

import ast
import os
import re
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PROGRAMS = ("app.py", "train_model.py")
OLD_PYTHONS = ("3.6", "3.7", "3.8", "3.9")


def least(file: str, pattern: str) -> str:
    """The oldest version that a file of the repository admits."""
    return re.search(pattern, (ROOT / file).read_text(encoding="utf-8"))[1]


PYTHON = least("pyproject.toml", r'requires-python = ">=([\d.]+)"')
TORCH = least("requirements.txt", r"torch>=([\d.]+),")


def refusal(command: list[str], **environment: str) -> str:
    """The one line with which a command fails."""
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | environment, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (1, "")
    (sentence,) = done.stderr.splitlines()
    assert sentence.endswith(".")
    return sentence


@pytest.mark.parametrize("file", [*PROGRAMS, "vae/__init__.py"])
def test_an_old_python_can_read_what_runs_before_the_check(file):
    ast.parse((ROOT / file).read_text(encoding="utf-8"), feature_version=(3, 7))


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("version", ["3.6.15", "3.9.18"])
def test_an_old_python_is_refused(program, version, monkeypatch):
    """In this Python, which says that it is older."""
    for name in [name for name in sys.modules if name.split(".")[0] == "vae"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "version_info", (*map(int, version.split(".")), "final", 0))
    monkeypatch.setattr("platform.python_version", lambda: version)
    with pytest.raises(SystemExit) as caught:
        runpy.run_path(str(ROOT / program), run_name="__main__")
    assert caught.value.code.startswith(
        f"Python {PYTHON} or newer is needed, and this is {version}"
    )


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("version", OLD_PYTHONS)
def test_an_old_python_that_is_installed_is_refused(program, version):
    python = shutil.which(f"python{version}")
    if python is None or subprocess.run([python, "-V"], capture_output=True).returncode:
        pytest.skip(f"there is no python{version} here")
    sentence = refusal([python, program, "--help"])
    assert sentence.startswith(f"Python {PYTHON} or newer is needed, and this is {version}")


@pytest.mark.parametrize("program", [["app.py"], ["train_model.py"], ["-m", "vae.evaluation"]])
@pytest.mark.parametrize("version", ["1.13.1", "2.7.1+cu126"])
def test_an_old_torch_is_refused(program, version, tmp_path):
    (tmp_path / "torch.py").write_text(f"__version__ = {version!r}\n")
    sentence = refusal([sys.executable, *program], PYTHONPATH=str(tmp_path))
    assert sentence.startswith(f"PyTorch {TORCH} or newer is needed, and this is {version}:")


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_python_without_torch_is_told_what_to_install(program):
    sentence = refusal([sys.executable, "-S", program])  # without what is installed
    assert "PyTorch is not installed" in sentence
    assert "requirements.txt" in sentence
