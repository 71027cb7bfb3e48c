"""The import rules of the house, as CONTRIBUTING.md states them."""

import ast
from collections import Counter
from fnmatch import fnmatch
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ENGINE = ROOT / "fusion_core"
APP = ROOT / "harmony_app"

# Which parts of the engine a part may import, besides itself and those at the edge (`EVERYWHERE`).
ALLOWED = {
    "errors": set(),
    "arguments": set(),
    "frames": set(),
    "workspace.files": set(),
    "surveys": {"workspace.files"},
    "harmony": {"surveys", "workspace.files"},
    "geography": {"surveys", "workspace", "workspace.files"},
    "fusion": {"workspace.files"},
    "estimates": {
        "fusion", "surveys", "harmony", "geography", "workspace.files", "workspace",
    },
    "validation": {"fusion", "surveys", "geography", "estimates", "workspace.files"},
    "workspace": {"surveys", "harmony", "fusion", "workspace.files"},
    "ingest": {"surveys", "harmony", "geography", "workspace", "workspace.files"},
    "prepare": {"surveys", "harmony", "geography", "fusion", "workspace", "workspace.files"},
    "execution": {
        "surveys", "harmony", "geography", "fusion", "estimates", "validation", "workspace",
        "workspace.files", "prepare",
    },
}  # fmt: skip
EVERYWHERE = {"errors", "arguments", "frames"}
UNRESTRICTED = {"cli", "__init__"}
WEB_LIBRARIES = {"panel", "param", "bokeh", "holoviews"}


def modules(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.py"))


def imports(path: Path) -> set[str]:
    """Every module a file imports, at any depth, with from-imports spelled out."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def part_of(module: str) -> str:
    """The part of the engine a dotted module name belongs to."""
    pieces = module.split(".")[1:]
    if pieces[:2] in (["workspace", name] for name in ("files", "folders", "tables")):
        return "workspace.files"
    return pieces[0] if pieces else "__init__"


def part_of_path(path: Path) -> str:
    dotted = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    return part_of(dotted)


@pytest.mark.parametrize("path", modules(ENGINE), ids=lambda path: str(path.relative_to(ROOT)))
def test_the_engine_imports_nothing_of_the_app_and_no_web_library(path: Path):
    roots = {name.split(".")[0] for name in imports(path)}
    assert not roots & ({"harmony_app"} | WEB_LIBRARIES)


@pytest.mark.parametrize("path", modules(ENGINE), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_part_of_the_engine_imports_only_the_parts_below_it(path: Path):
    part = part_of_path(path)
    if part in UNRESTRICTED:
        return
    used = {part_of(name) for name in imports(path) if name.startswith("fusion_core.")}
    assert used <= ALLOWED[part] | {part, *EVERYWHERE}


def test_the_array_core_of_fusion_and_estimates_needs_no_plotting_or_geography():
    for path in [*modules(ENGINE / "fusion"), *modules(ENGINE / "estimates")]:
        if path.name == "stage.py":
            continue
        assert not {name.split(".")[0] for name in imports(path)} & {"geopandas", "shapely"}


def test_the_app_computes_no_statistics_itself():
    for path in modules(APP):
        roots = {name.split(".")[0] for name in imports(path)}
        assert not roots & {"scipy", "sklearn", "lightgbm", "duckdb"}, path


def test_no_code_evaluates_text():
    for path in [*modules(ENGINE), *modules(APP)]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in {"eval", "exec", "compile"}, path


def test_every_test_module_has_a_name_of_its_own():
    """Pytest imports modules of folders that are no packages by their bare names."""
    names = Counter(path.name for path in (ROOT / "tests").rglob("test_*.py"))
    assert [name for name, count in names.items() if count > 1] == []


@pytest.mark.parametrize(
    "package", ["fusion_core/harmony", "fusion_core/fusion", "harmony_app/harmonize"]
)
def test_the_module_map_names_every_module_and_no_other(package: str):
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    table = text.partition(f"| `{package}/` |")[2].partition("\n\n")[0]
    cells = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    patterns = [name.strip("` ") for cell in cells for name in cell.split(",")]
    names = {path.stem for path in (ROOT / package).glob("*.py")} - {"__init__"}
    assert {name for name in names if not any(fnmatch(name, item) for item in patterns)} == set()
    assert {item for item in patterns if not any(fnmatch(name, item) for name in names)} == set()
