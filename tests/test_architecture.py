"""The house rules that a program can check: layers, names, lengths, docstrings, a light start."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "fathom"
FILES = sorted(SOURCE.rglob("*.py"))

# Higher numbers may import lower ones, never the other way, never their own.
LAYERS = {
    "cli": 8, "app": 8,
    "training": 7, "comparison": 7, "ranking": 7, "report": 7,
    "evaluation": 6, "exporting": 6, "metrics": 6,
    "predictor": 5, "predictions": 5, "preparation": 5, "saving": 5, "doctor": 5,
    "protocols": 4, "recipes": 4,
    "models": 3, "datasets": 3,
    "ops": 2, "files": 2,
    "records": 1, "errors": 1, "shelf": 1,
}  # fmt: skip
# records.py and shelf.py raise errors: the one step inside the lowest layer.
GROUND = ("fathom.errors",)


def _module(path: Path) -> str:
    parts = path.relative_to(SOURCE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {_module(path) for path in FILES}


def _imports(path: Path) -> set[str]:
    """Every module of fathom that a file imports, inside functions and for type checkers too."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name}:{node.lineno}: a relative import; write it out"
            module = node.module or ""
            for name in node.names:
                inner = f"{module}.{name.name}"
                found.add(inner if module == "fathom" or inner in MODULES else module)
    return {name for name in found if name == "fathom" or name.startswith("fathom.")}


def _may_import(importer: str, imported: str) -> bool:
    if imported in (*GROUND, "fathom.__version__"):
        return True
    from_part, to_part = importer.split(".")[1], imported.split(".")[1:2]
    if not to_part or to_part[0] not in LAYERS:  # `import fathom`, or a name of its public surface
        return LAYERS[from_part] == 8
    if from_part == to_part[0]:  # modules of one folder: on a shelf, entries never see one another
        shelf = from_part in ("models", "datasets", "protocols", "recipes")
        return not shelf or imported.rpartition(".")[2].startswith("_")
    return LAYERS[from_part] > LAYERS[to_part[0]]


def test_every_module_has_a_layer():
    parts = {module.split(".")[1] for module in MODULES if "." in module}
    assert parts <= set(LAYERS)


@pytest.mark.parametrize("path", [p for p in FILES if _module(p) != "fathom"], ids=_module)
def test_imports_point_down(path):
    wrong = {name for name in _imports(path) if not _may_import(_module(path), name)}
    assert not wrong, f"{_module(path)} must not import {', '.join(sorted(wrong))}"


@pytest.mark.parametrize(
    ("importer", "imported", "allowed"),
    [
        ("fathom.training", "fathom.evaluation", True),
        ("fathom.evaluation", "fathom.training", False),
        ("fathom.ops.depth", "fathom.files.store", False),
        ("fathom.models.eigen2014", "fathom.models._base", True),
        ("fathom.models.eigen2014", "fathom.models.mean_depth", False),
        ("fathom.models.eigen2014", "fathom.datasets._base", False),
        ("fathom.ops.losses", "fathom.ops.metrics", True),
        ("fathom.records", "fathom.errors", True),
        ("fathom.records", "fathom.shelf", False),
        ("fathom.cli", "fathom", True),
        ("fathom.predictor", "fathom", False),
        ("fathom.protocols._base", "fathom.__version__", True),
    ],
)
def test_the_rule_itself(importer, imported, allowed):
    assert _may_import(importer, imported) is allowed


def test_no_file_is_a_drawer_for_odds_and_ends():
    drawers = {"utils", "util", "common", "helpers", "helper", "misc", "tools", "stuff"}
    assert not [p for p in FILES if p.stem in drawers or p.parent.name in drawers]


@pytest.mark.parametrize("path", FILES, ids=_module)
def test_no_file_is_long(path):
    assert len(path.read_text().splitlines()) <= 400


@pytest.mark.parametrize("path", FILES, ids=_module)
def test_public_things_say_what_they_are(path):
    tree = ast.parse(path.read_text())
    assert ast.get_docstring(tree) or not tree.body, "the module has no docstring"
    private = path.stem.startswith("_") and path.stem not in ("_base", "__init__")
    silent = [node for node in _public(tree) if not private and not ast.get_docstring(node)]
    assert not silent, ", ".join(f"line {node.lineno}: {node.name}" for node in silent)


def _public(tree: ast.AST) -> list[ast.FunctionDef | ast.ClassDef]:
    """Public functions, classes and methods. Not: properties (fields in all but name), and methods whose meaning
    a shelf's _base.py or PyTorch has written down already."""
    found: list[ast.FunctionDef | ast.ClassDef] = []
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith("_"):
            method = isinstance(tree, ast.ClassDef)
            if not (method and (node.name in _DOCUMENTED_ELSEWHERE or node.decorator_list)):
                found.append(node)
            if isinstance(node, ast.ClassDef):
                found += _public(node)
    return found


_DOCUMENTED_ELSEWHERE = {"forward"} | {
    node.name
    for path in SOURCE.glob("*/_base.py")
    for node in ast.walk(ast.parse(path.read_text()))
    if isinstance(node, ast.FunctionDef) and ast.get_docstring(node)
}


@pytest.mark.parametrize("words", ["import fathom", "import fathom.cli", "import fathom.shelf"])
def test_a_light_start(words):
    heavy = ("torch", "numpy", "numba", "matplotlib", "PIL", "scipy")
    program = f"import sys; {words}; print(*(m for m in {heavy} if m in sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_no_machine_paths():
    """Nothing that is shipped names a folder of the machine that it was written on."""
    texts = [p for d in ("src", "tests", "examples", "benchmarks", "docs") for p in (ROOT / d).rglob("*.*")]
    texts = [p for p in texts if p.suffix in (".py", ".md", ".toml", ".json", ".txt", ".csv")]
    homes = ("/" + "work/", "/" + "root/", "/" + "home/")
    assert not [p for p in texts if any(home in p.read_text() for home in homes)]
