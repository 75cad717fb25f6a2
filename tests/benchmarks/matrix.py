"""The fast tests with the oldest and with the newest packages that requirements.txt admits.

    python -m tests.benchmarks.matrix --only oldest

Each end gets an environment of its own in a temporary folder (TMPDIR; some 8 GB while it lasts),
filled from the index of packages that pip is set to. The interpreter is the one that runs this.
"""

import argparse
import json
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent.parent
REQUIREMENTS = ROOT / "requirements.txt"
FAST = sorted((ROOT / "tests").glob("test_*.py"))  # no browser, no trust, no benchmarks
ENDS = ("oldest", "newest")


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only", choices=ENDS)
    flags = parser.parse_args(argv)
    # What a shell starts with "&" is deaf to Ctrl-C, and so would be the tests that press it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    failed = [end for end in ENDS if flags.only in (None, end) and not passes(end)]
    print(f"Failed with the {' and the '.join(failed)}." if failed else "All laws hold.")
    sys.exit(1 if failed else 0)


def requirements(text: str) -> list[Requirement]:
    """What a requirements text names, line by line; comments and pip's own options left out."""
    lines = [line.partition(" #")[0].strip() for line in text.splitlines()]
    return [Requirement(line) for line in lines if line and line[0] not in "#-"]


def oldest(text: str) -> dict[str, str]:
    """By name, the version that each lower bound or pin of a requirements text names.

    Raises ValueError for a requirement that has not exactly one of either.
    """
    found = {}
    for requirement in requirements(text):
        lowest = [each.version for each in requirement.specifier if each.operator in (">=", "==")]
        if len(lowest) != 1:
            raise ValueError(f"{requirement} does not say what its oldest version is")
        found[requirement.name] = lowest[0]
    return found


def pins(end: str, text: str) -> list[str]:
    """What pip must keep to at one end; the newest is what it takes by itself."""
    if end == "newest":
        return []
    return [f"{name}=={version}" for name, version in oldest(text).items()]


def passes(end: str) -> bool:
    """Install one end, run the fast tests in it, and print how that went."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix=f"matrix-{end}-") as folder:
        python = installed(end, Path(folder))
        if python is None:
            return False
        names = sorted(oldest(REQUIREMENTS.read_text(encoding="utf-8")))
        versions = versions_in(python)
        print(f"{end}:", ", ".join(f"{n} {versions[canonicalize_name(n)]}" for n in names))
        print(f"installed in {time.monotonic() - began:.0f} s", flush=True)
        done = subprocess.run([python, "-m", "pytest", *FAST], cwd=ROOT)
    return done.returncode == 0


def installed(end: str, folder: Path) -> Path | None:
    """The interpreter of a new environment with one end of requirements.txt; None without."""
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    constraints = folder / "constraints.txt"
    text = REQUIREMENTS.read_text(encoding="utf-8")
    constraints.write_text("".join(f"{pin}\n" for pin in pins(end, text)), encoding="utf-8")
    wanted = ["-r", ROOT / "tests" / "requirements.txt", "-c", constraints]
    done = subprocess.run(
        [python, "-m", "pip", "install", "-q", *wanted], capture_output=True, text=True
    )
    if done.returncode != 0:
        print(f"{end}: pip could not install it.\n{done.stdout}{done.stderr}")
        return None
    return python


def versions_in(python: Path) -> dict[str, str]:
    """By normalised name, the version of every package in an environment."""
    listing = [python, "-m", "pip", "list", "--format=json", "--disable-pip-version-check"]
    done = subprocess.run(listing, capture_output=True, text=True, check=True)
    return {canonicalize_name(each["name"]): each["version"] for each in json.loads(done.stdout)}


if __name__ == "__main__":
    main()
