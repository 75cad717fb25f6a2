"""Two hundredths of the matrix: one small package at its oldest, and how the versions are found."""

import os
import random
import subprocess
import sys

import pytest

from tests.benchmarks import matrix

SEED = 8
# Fetched in seconds, and the fast tests that use them.
SMALL = {
    "filelock": ["tests/test_train_model.py", "-k", "two_trainings"],
    "pillow": ["tests/test_render.py"],
    "tqdm": ["tests/test_evaluation.py", "-k", "the_command"],
}
PATIENCE = 30  # seconds for pip
TEXT = """\
# a comment
torch>=2.8,<2.12
gradio==6.31.0  # a pin
-r more.txt

numpy >=1.26, <3 ; python_version >= "3.10"
"""


def test_the_oldest_is_the_lower_bound_or_the_pin():
    assert matrix.oldest(TEXT) == {"torch": "2.8", "gradio": "6.31.0", "numpy": "1.26"}
    assert matrix.pins("oldest", TEXT) == ["torch==2.8", "gradio==6.31.0", "numpy==1.26"]


def test_the_newest_is_left_to_pip():
    assert matrix.pins("newest", TEXT) == []


@pytest.mark.parametrize("line", ["torch", "torch<3", "torch>2", "torch>=2,==2.1"])
def test_a_requirement_without_an_oldest_version_is_refused(line):
    with pytest.raises(ValueError, match="oldest"):
        matrix.oldest(line)


def test_the_oldest_of_every_requirement_lies_inside_its_bounds():
    text = matrix.REQUIREMENTS.read_text(encoding="utf-8")
    for requirement in matrix.requirements(text):
        assert matrix.oldest(text)[requirement.name] in requirement.specifier


def test_the_fast_tests_open_no_browser_and_serve_nobody():
    names = {path.relative_to(matrix.ROOT).as_posix() for path in matrix.FAST}
    assert {arguments[0] for arguments in SMALL.values()} <= names
    assert not [name for name in names if name.count("/") != 1]


def test_a_failing_end_fails_the_script(monkeypatch, capsys):
    monkeypatch.setattr(matrix, "passes", lambda end: end != "oldest")
    with pytest.raises(SystemExit) as ended:
        matrix.main([])
    assert ended.value.code == 1
    assert "Failed with the oldest." in capsys.readouterr().out
    with pytest.raises(SystemExit) as ended:
        matrix.main(["--only", "newest"])
    assert ended.value.code == 0


def test_the_oldest_of_one_small_package_passes(tmp_path):
    name = random.Random(SEED).choice(sorted(SMALL))
    version = matrix.oldest(matrix.REQUIREMENTS.read_text(encoding="utf-8"))[name]
    install_or_skip(f"{name}=={version}", tmp_path)
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    code = f"from importlib.metadata import version; print(version({name!r}))"
    used = subprocess.check_output([sys.executable, "-c", code], env=environment, text=True)
    assert [int(part) for part in used.split(".")][: version.count(".") + 1] == [
        int(part) for part in version.split(".")
    ]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-n", "0", "-p", "no:cacheprovider", *SMALL[name]],
        cwd=matrix.ROOT,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def install_or_skip(pin: str, folder: os.PathLike) -> None:
    """Put one package into `folder`, or skip the test where pip cannot fetch it at once."""
    command = [
        *(sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check"),
        *("--retries", "0", "--timeout", "5", "--no-deps", "--target", str(folder), pin),
    ]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        pytest.skip(f"needs {pin} from an index of packages: none answered within {PATIENCE} s")
    if done.returncode != 0:
        why = (done.stderr.strip() or "pip is not installed").splitlines()[-1]
        pytest.skip(f"needs {pin} from an index of packages: {why}")
