"""What the app depends on, calls and opens to be there at all."""

import importlib.util
import os
import subprocess
import sys

import pytest

from tests.benchmarks import startup

MOST_MODULES = 3500  # imported with the app
pytestmark = pytest.mark.xdist_group("startup")  # which is measured once


@pytest.fixture(scope="module")
def started() -> dict:
    return startup.measured()


@pytest.mark.skipif(importlib.util.find_spec("pip") is None, reason="pip is not installed")
def test_the_installed_packages_fit_each_other():
    done = subprocess.run(
        [sys.executable, "-m", "pip", "check", "--disable-pip-version-check"],
        capture_output=True,
        text=True,
        env={**os.environ, "PIP_NO_INPUT": "1"},
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_importing_the_app_and_building_its_page_calls_nobody(started):
    assert started["calls"] == []


def test_gradio_reports_nothing_to_its_makers(started):
    assert not started["analytics"]
    assert not started["page_analytics"]


def test_the_app_imports_no_more_than_it_did(started):
    assert started["modules"] < MOST_MODULES


def test_starting_never_pays_for_training_nor_reading_weights_for_a_compiler(started):
    # torch.eye without memory imported the compiler.
    assert started["heavy"] == []


def test_serving_calls_nobody_and_writes_nowhere(server):
    assert server.at_start["breaches"] == []


def test_no_folder_is_opened_to_visitors(server):
    assert server.at_start["allowed_paths"] == []
    for path in ("app.py", "vae/model.py", "requirements.txt", "/etc/passwd"):
        assert server.connection.send("GET", f"/gradio_api/file={path}").status in (403, 404)
