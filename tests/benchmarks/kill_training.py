"""Kills a training run again and again, and shows that nothing is ever lost.

    python -m tests.benchmarks.kill_training --kills 50 --seed 0

A small model is trained on a small set in a process of its own, which SIGKILL ends at random: half
of the times amid the writing of a file, at a moment drawn from all those at which a file is half
written, about to be synced, about to be renamed or just renamed; else at any instant. After each
kill, whatever lies in the folder must be whole; the run is then resumed, killed again, and at its
end compared bit for bit with a run that nobody killed.
"""

import argparse
import contextlib
import json
import multiprocessing
import os
import random
import signal
import tempfile
import threading
import time
from pathlib import Path

from PIL import Image

from tests.comparing import same
from tests.synthetic import write_mnist
from vae import history, storage
from vae.model import VAE

ROOT = Path(__file__).resolve().parents[2]
EPOCHS = 3


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0, help="decides where the kills fall")
    parser.add_argument("--architecture", choices=("conv", "mlp"), default="conv")
    flags = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as scratch:
        Trial(Path(scratch), flags.architecture, flags.seed).kill(flags.kills)


class Trial:
    """One uninterrupted run, and runs that are killed until they end like it."""

    def __init__(self, scratch: Path, architecture: str, seed: int):
        self.scratch, self.architecture = scratch, architecture
        self.random = random.Random(seed)
        self.processes = processes()
        self.data = write_mnist(scratch / "data", train=200, test=40)
        self.reference = scratch / "reference"

        warm = self.processes.Process(target=int)  # the first one waits for the server
        warm.start()
        warm.join()
        started = time.perf_counter()
        counter = self.processes.RawValue("i", 0)
        process = self.start(self.reference, counter)
        process.join()
        assert process.exitcode == 0, self.log(self.reference)
        self.seconds = time.perf_counter() - started
        self.moments = counter.value

    def start(self, folder: Path, counter, fatal: int = 0):
        """Train into a folder, or resume what is there."""
        settings = f"--latent-dim 2 --hidden-dim 4 --epochs {EPOCHS} --batch-size 40 --device cpu"
        arguments = ["--architecture", self.architecture, *settings.split(), "--resume"]
        arguments += ["--data-dir", str(self.data), "--output", str(folder)]
        process = self.processes.Process(
            target=train, args=(arguments, str(folder) + ".log", counter, fatal)
        )
        process.start()
        return process

    def log(self, folder: Path) -> str:
        return Path(str(folder) + ".log").read_text()

    def kill(self, kills: int) -> None:
        """Kill that many times, resuming after each; then let the last run end."""
        done, amid_writing, runs = 0, 0, 0
        while True:
            folder = self.scratch / f"run-{runs}"
            while True:
                aimed = done % 2 == 0
                code = self.run_once(folder, aimed, spare=done == kills)
                if code == 0:
                    break
                assert code == -signal.SIGKILL, f"exit code {code}: {self.log(folder)}"
                done += 1
                amid_writing += aimed
                check_whole(folder)
            compare(folder, self.reference)
            runs += 1
            if done == kills:
                break
        print(
            f"{done} kills, {amid_writing} of them amid the writing of a file, in {runs} runs of "
            f"{EPOCHS} epochs ({self.architecture}): after each kill every file was whole, and "
            f"every run ended with the bits of the uninterrupted one."
        )

    def run_once(self, folder: Path, aimed: bool, spare: bool) -> int:
        """Start or resume, kill unless spared, and give back the exit code."""
        fatal = self.random.randint(1, self.moments) if aimed and not spare else 0
        process = self.start(folder, self.processes.RawValue("i", 0), fatal)
        if not aimed and not spare:
            process.join(self.random.uniform(0, self.seconds))
            process.kill()
        process.join()
        return process.exitcode


def processes():
    """Processes that start in no time, from a server that has imported torch but never used it."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        raise SystemExit("This needs a system with SIGKILL and fork.")
    context = multiprocessing.get_context("forkserver")
    # The server reads this, not sys.path.
    os.environ["PYTHONPATH"] = str(ROOT)
    context.set_forkserver_preload(["train_model", "tests.benchmarks.kill_training"])
    return context


def train(arguments: list[str], log: str, counter, fatal: int) -> None:
    """What the process does that is to be killed: `train_model.main`, its output in a file."""
    import torch
    from tqdm import tqdm

    import train_model
    from vae import training

    torch.set_num_threads(1)
    tqdm.set_lock(threading.RLock())  # its own lock would outlive a killed process
    training.FEW_EPOCHS = 0  # augmentation too must resume where it was
    count_moments(counter, fatal)
    with open(log, "a") as file, contextlib.redirect_stdout(file), contextlib.redirect_stderr(file):
        train_model.main.main(arguments, standalone_mode=False)


def count_moments(counter, fatal: int) -> None:
    """Count the moments of writing; die at number `fatal`."""
    write_bytes, fsync, replace = Path.write_bytes, os.fsync, os.replace

    def moment() -> None:
        counter.value += 1
        if counter.value == fatal:
            os.kill(os.getpid(), signal.SIGKILL)

    def write_half_then_all(file: Path, content) -> int:
        write_bytes(file, memoryview(content)[: len(content) // 2])
        moment()
        return write_bytes(file, content)

    def moment_then_fsync(descriptor: int) -> None:
        moment()
        fsync(descriptor)

    def moment_then_replace(*arguments, **options) -> None:
        moment()
        replace(*arguments, **options)
        moment()

    Path.write_bytes, os.fsync, os.replace = (
        write_half_then_all,
        moment_then_fsync,
        moment_then_replace,
    )


def check_whole(folder: Path) -> None:
    """Whatever is in a folder after a kill is whole, and what was made can be resumed."""
    if not folder.exists():
        return
    checkpoint = (folder / storage.CHECKPOINT).exists()
    if checkpoint:
        storage.load_checkpoint(folder)
    if (folder / storage.WEIGHTS).exists():
        assert checkpoint, "a model that cannot be resumed"
        VAE.from_pretrained(folder)
    if (folder / storage.METRICS).exists():
        assert storage.load_metrics(folder), "metrics cut short"
    index = folder / "history" / "history.json"
    if index.exists():
        assert history.load(folder, json.loads(index.read_text())["latent_dim"]), (
            "history cut short"
        )
    for sheet in folder.glob("epochs/[!.]*.png"):
        Image.open(sheet).load()


def compare(folder: Path, reference: Path) -> None:
    """The folder of a resumed run is that of an uninterrupted one, the time it took apart."""
    files = [
        sorted(file.relative_to(top) for file in top.rglob("*")) for top in (folder, reference)
    ]
    assert files[0] == files[1], f"{set(files[0]) ^ set(files[1])}"
    for load in (
        storage.load_checkpoint,
        storage.load_metrics,
        lambda top: VAE.from_pretrained(top).state_dict(),
        lambda top: [sheet.read_bytes() for sheet in sorted(top.glob("epochs/*.png"))],
        lambda top: [file.read_bytes() for file in sorted(top.glob("history/*"))],
    ):
        assert same(load(folder), load(reference))


if __name__ == "__main__":
    main()
