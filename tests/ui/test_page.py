"""The page as a whole, from its launch to its end."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Ends as soon as the page is served. What completions need takes two seconds a model here.
PROGRAM = """
import time
import torch
from tests.serving.in_process import served, small_service
from vae import inference

def prepare(model):
    print("preparing", flush=True)
    end = time.monotonic() + 2
    while time.monotonic() < end:
        torch.ones(300, 300) @ torch.ones(300, 300)

inference.prepare = prepare
service = small_service()
print(len(list(service.models)), "models")
with served(service):
    pass
"""


def test_the_program_ends_whole_and_soon_while_completions_are_prepared():
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    models = int(done.stdout.partition(" models")[0])
    assert 1 <= done.stdout.count("preparing") < models  # as far as it was, and no further
