"""The house keeps its own laws: who may import whom, format, lint, and the Space's front matter."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).resolve().parent.parent
EVERYTHING_BUT_TRAINING = {
    "vae.model",
    "vae.loss",
    "vae.storage",
    "vae.framing",
    "vae.inference",
    "vae.render",
    "vae.ui",
}
# The rooms, in reading order, and what each may import from the house.
MAY_IMPORT = {
    "vae/model.py": set(),
    "vae/loss.py": {"vae.model"},
    "vae/data.py": {"vae.model"},
    "vae/mismatch.py": {"vae.model"},
    "vae/training.py": {"vae.model", "vae.loss", "vae.data", "vae.mismatch"},
    "vae/mixture.py": {"vae.model"},
    "vae/storage.py": {"vae.model"},
    "vae/evaluation.py": {"vae.model", "vae.loss", "vae.data", "vae.storage"},
    "vae/framing.py": set(),
    "vae/inference.py": {"vae.model"},
    "vae/render.py": set(),
    "vae/ui": EVERYTHING_BUT_TRAINING,
    "vae/__init__.py": set(),
    "app.py": {"vae.model", "vae.storage", "vae.ui"},
    "train_model.py": {
        "vae.model",
        "vae.data",
        "vae.training",
        "vae.mixture",
        "vae.storage",
        "vae.evaluation",
        "vae.render",
    },
}
SOURCES = sorted([*ROOT.glob("*.py"), *ROOT.glob("vae/**/*.py")])


def room_of(source: Path) -> str:
    name = source.relative_to(ROOT).as_posix()
    return "vae/ui" if name.startswith("vae/ui/") else name


def imports(source: Path) -> set[str]:
    """Every module that a file imports, anywhere in it, by its full name."""
    found = set()
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{source}: relative import"
            # `from vae import data` names a module, `from vae.data import load` a thing in one.
            whole = (ROOT / node.module.replace(".", "/")).is_dir()
            found |= {f"{node.module}.{a.name}" for a in node.names} if whole else {node.module}
    return found


def house(modules: set[str]) -> set[str]:
    """The rooms among some modules: vae.ui.pad is in vae.ui."""
    return {".".join(name.split(".")[:2]) for name in modules if name.split(".")[0] == "vae"}


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_module_imports_only_what_its_row_names(source):
    room = room_of(source)
    assert room in MAY_IMPORT, f"{room} is not a room of the house"
    allowed = MAY_IMPORT[room] | ({"vae.ui"} if room == "vae/ui" else set())
    assert house(imports(source)) <= allowed


def test_rooms_do_not_import_each_other_in_a_circle():
    needs = {source: house(imports(source)) for source in SOURCES if room_of(source) != "vae/ui"}
    graph = {
        source.relative_to(ROOT).with_suffix("").as_posix().replace("/", "."): rooms
        for source, rooms in needs.items()
    }

    def reach(room: str, seen: tuple[str, ...] = ()) -> None:
        assert room not in seen, f"{' -> '.join([*seen, room])} is a circle"
        for other in graph.get(room, ()):
            reach(other, (*seen, room))

    for room in graph:
        reach(room)


@pytest.mark.parametrize(
    ("package", "where"), [("gradio", "vae/ui"), ("torchvision", "vae/data.py")]
)
def test_only_one_room_imports(package, where):
    users = {
        room_of(source)
        for source in SOURCES
        if package in {name.split(".")[0] for name in imports(source)}
    }
    assert users == {where}


def test_training_and_inference_never_meet():
    for source in SOURCES:
        assert not {"vae.training", "vae.inference"} <= imports(source) | {
            source.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".")
        }


def test_nothing_is_called_utils():
    assert not [source for source in SOURCES if source.stem in ("utils", "helpers", "common")]


def test_starting_the_app_never_pays_for_torchvision_or_training():
    code = (
        "import sys, app; "
        "print([m for m in ('torchvision', 'vae.training', 'vae.data') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_training_on_data_that_is_there_never_pays_for_torchvision_or_a_compiler(
    tiny_mnist, tmp_path
):
    code = (
        "import sys, train_model; train_model.main(sys.argv[1:]); "
        "print([m for m in ('torchvision', 'torch._dynamo', 'sympy') if m in sys.modules])"
    )
    flags = ["--architecture", "mlp", "--epochs", "1", "--data-dir", tiny_mnist]
    done = subprocess.run(
        [sys.executable, "-c", code, *flags, "--output", tmp_path / "weights"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("arguments", [["format", "--check"], ["check"]], ids=["format", "lint"])
def test_ruff_has_nothing_to_say(arguments):
    done = subprocess.run(
        [sys.executable, "-m", "ruff", *arguments, "--no-cache", "."],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
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
