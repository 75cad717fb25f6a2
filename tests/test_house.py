"""The house keeps its laws, which tools read: who imports whom, format, lint; and what ships."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
ROOMS = {path.stem for path in (ROOT / "vae").iterdir() if path.stem[0] not in "_."}
# What each entry may import from the house.
ENTRIES = {
    "app.py": {"console", "device", "storage", "ui"},
    "train_model.py": ROOMS - {"framing", "inference", "ui"},
}
# A line that breaks each contract of pyproject.toml, and where.
BREACHES = {
    "rooms": ("vae/loss.py", "from vae import data"),
    "programs": ("vae/storage.py", "from vae.run_folder import RunFolder"),
    "runs": ("vae/ui/server/service.py", "from vae import evaluation"),
    "mixture": ("vae/evaluation.py", "from vae import mixture"),
    "for-training": ("vae/ui/page.py", "from vae import density_ratio"),
    "data": ("vae/ui/tabs/draw/__init__.py", "from vae import data"),
    "loss": ("vae/mixture.py", "from vae import loss"),
    "storage": ("vae/training.py", "from vae import storage"),
    "for-the-page": ("vae/evaluation.py", "from vae import inference"),
    "history": ("vae/inference/network.py", "from vae import history"),
    "pictures": ("vae/training.py", "from vae import render"),
    "layers": ("vae/inference/network.py", "from vae import layers"),
    "machine": ("vae/ui/server/service.py", "from vae import device"),
    "page": ("vae/ui/server/bounds.py", "from vae.ui import part"),
    "tabs": ("vae/ui/tabs/sample/__init__.py", "from vae.ui.tabs import draw"),
    "gradio": ("vae/render.py", "import gradio"),
    "torchvision": ("vae/ui/server/pictures.py", "from torchvision import transforms"),
}
# A script that breaks each of the rules for the page's scripts that others than oxlint chose.
SPOILT_SCRIPTS = {
    "client/planted.js": (
        'import { verdict } from "../tabs/draw/verdict.js";',
        "restricted-imports",
    ),
    "masthead/planted.js": ('import { Pad } from "../tabs/draw/draw.js";', "restricted-imports"),
    "tabs/how/planted.js": ('import { Sheet } from "../sample/sheet.js";', "restricted-imports"),
    "tabs/how/later.js": (
        'export default () => import("../sample/sheet.js");',
        "restricted-imports",
    ),
    "tabs/how/name.js": ("export const seed = nowhere;", "no-undef"),
    "tabs/how/global.js": ("export const seed = (window.seed = 1);", "restricted-globals"),
    "tabs/how/unused.js": ("export default 1; const unused = 1;", "no-unused-vars"),
    "tabs/how/lacking.js": (
        'import { no } from "../../client/store.js"; export default no;',
        "import(named)",
    ),
    "tabs/how/one.js": ('export { other } from "./other.js"; export const one = 1;', "no-cycle"),
    "tabs/how/other.js": ('export { one } from "./one.js"; export const other = 1;', "no-cycle"),
    "tabs/how/plain.js": ("console.log(1);", "unambiguous"),
}


def run(*command: object, cwd: Path = ROOT) -> subprocess.CompletedProcess:
    """A tool of this environment, and what it printed."""
    return subprocess.run(
        [BIN / str(command[0]), *map(str, command[1:])], cwd=cwd, capture_output=True, text=True
    )


def test_a_room_imports_only_what_its_contracts_allow():
    done = run("lint-imports", "--no-cache")
    assert done.returncode == 0, done.stdout + done.stderr


def test_each_contract_notices_a_breach(tmp_path):
    for folder in ("vae", "pyproject.toml"):
        copy = shutil.copytree if (ROOT / folder).is_dir() else shutil.copy
        copy(ROOT / folder, tmp_path / folder)
    for name, (place, line) in BREACHES.items():
        with (tmp_path / place).open("a", encoding="utf-8") as file:
            file.write(f"\n{line}  # {name}\n")
    contracts = re.findall(
        r'^id = "(.+)"$', (tmp_path / "pyproject.toml").read_text(), re.MULTILINE
    )
    assert sorted(contracts) == sorted(BREACHES)
    printed = run("lint-imports", "--no-cache", cwd=tmp_path).stdout
    assert f"0 kept, {len(contracts)} broken" in printed, printed


def test_the_pages_scripts_keep_their_rules():
    done = run("oxlint", "--deny-warnings", "vae/ui")
    assert done.returncode == 0, done.stdout + done.stderr


def test_each_rule_of_the_scripts_notices_a_breach(tmp_path):
    shutil.copytree(ROOT / "vae/ui", tmp_path / "vae/ui")
    shutil.copy(ROOT / ".oxlintrc.json", tmp_path)
    for name, (line, _) in SPOILT_SCRIPTS.items():
        (tmp_path / "vae/ui" / name).write_text(line + "\n", encoding="utf-8")
    found = run("oxlint", "--format", "unix", "vae/ui", cwd=tmp_path).stdout.splitlines()
    for name, (_, rule) in SPOILT_SCRIPTS.items():
        assert [line for line in found if line.startswith(f"vae/ui/{name}:") and rule in line], name


@pytest.mark.parametrize("entry", ENTRIES)
def test_an_entry_imports_only_its_rooms(entry):
    assert not forbidden(entry, (ROOT / entry).read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("entry", "line"),
    [
        ("app.py", "from vae import training"),
        ("app.py", "import vae.model"),
        ("train_model.py", "from vae.inference import encode"),
        ("train_model.py", "import torchvision"),
    ],
)
def test_a_breach_of_an_entry_is_noticed(entry, line):
    assert forbidden(entry, line + "\n")


def forbidden(entry: str, source: str) -> str:
    """What Ruff has to say against what an entry imports."""
    banned = [f"vae.{room}" for room in ROOMS - ENTRIES[entry]] + ["gradio", "torchvision"]
    table = ", ".join(f"'{name}' = {{ msg = 'not for {entry}' }}" for name in sorted(banned))
    settings = f"lint.flake8-tidy-imports.banned-api = {{ {table} }}"
    command = [BIN / "ruff", "check", "--isolated", "--no-cache", "--select", "TID251", "-q"]
    done = subprocess.run(
        [*command, "--config", settings, "-"], input=source, capture_output=True, text=True
    )
    assert done.returncode in (0, 1), done.stderr
    return done.stdout


def test_nothing_is_called_utils():
    sources = [*ROOT.glob("*.py"), *ROOT.glob("vae/**/*.py"), *ROOT.glob("vae/**/*.js")]
    assert not [path for path in sources if path.stem in ("utils", "helpers", "common")]


@pytest.mark.parametrize("arguments", [["format", "--check"], ["check"]], ids=["format", "lint"])
def test_ruff_has_nothing_to_say(arguments):
    done = run("ruff", *arguments, "--no-cache", ".")
    assert done.returncode == 0, done.stdout + done.stderr


def front_matter() -> dict:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    return yaml.safe_load(re.match(r"---\n(.*?)\n---\n", text, re.DOTALL)[1])


def requirements() -> dict[str, SpecifierSet]:
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").split("\n")
    wanted = [Requirement(line) for line in lines if line and not line.startswith("#")]
    return {requirement.name: requirement.specifier for requirement in wanted}


def test_a_space_finds_what_it_needs_in_the_front_matter():
    front = front_matter()
    assert front["sdk"] == "gradio"
    assert (ROOT / front["app_file"]).is_file()
    assert front["license"] == "mit"
    assert (ROOT / "LICENSE").read_text(encoding="utf-8").startswith("MIT License")
    assert front["python_version"] in ("3.12", "3.10")  # what free hardware runs
    assert 0 < len(front["short_description"]) <= 60
    assert front["title"]
    assert front["datasets"]
    assert front["tags"]


def test_the_front_matter_and_the_requirements_pin_the_same_gradio():
    assert str(requirements()["gradio"]) == f"=={front_matter()['sdk_version']}"


def test_every_requirement_has_a_lower_and_an_upper_bound():
    for name, specifier in requirements().items():
        operators = {clause.operator for clause in specifier}
        assert operators in ({"=="}, {">=", "<"}), name


@pytest.mark.parametrize("version", ["2.8.0", "2.9.1", "2.10.0", "2.11.0"])
def test_the_requirements_admit_the_torch_of_every_space(version):
    assert version in requirements()["torch"]


def test_the_installed_packages_satisfy_the_requirements():
    from importlib.metadata import version

    for name, specifier in requirements().items():
        assert version(name) in specifier, name


def test_a_file_that_ships_is_small_enough_for_a_space():
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True
    ).stdout.split("\0")
    for name in filter(None, listed):
        path = ROOT / name
        assert not path.is_file() or path.stat().st_size < 10_000_000, name


@pytest.mark.parametrize("name", ["conv", "mlp", "map"])
def test_each_shipped_folder_is_complete(name):
    folder = ROOT / "weights" / name
    held = {file.name for file in folder.iterdir() if not file.name.startswith(".")}
    assert {"config.json", "model.safetensors", "metrics.json", "README.md"} <= held
