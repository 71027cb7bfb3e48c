"""The import rules of the house, as assets/docs/architecture.md states them."""

import ast
from collections import Counter
from functools import cache
from graphlib import CycleError, TopologicalSorter
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ENGINE = ROOT / "fusion_core"
APP = ROOT / "harmony_app"
LARGEST_FOLDER = 15

# Which parts of the engine a part may import, besides itself and what stands at the top.
ALLOWED = {
    "surveys": {"workspace.files"},
    "harmony": {"surveys", "workspace.files"},
    "derived": {"surveys", "harmony", "workspace.files"},
    "geography": {"surveys", "workspace", "workspace.files"},
    "fusion": {"workspace.files"},
    "estimates": {
        "fusion",
        "surveys",
        "harmony",
        "derived",
        "geography",
        "workspace.files",
        "workspace",
    },
    "validation": {"fusion", "surveys", "geography", "estimates", "workspace.files"},
    "workspace": {"surveys", "harmony", "derived", "fusion", "workspace.files"},
    "ingest": {"surveys", "harmony", "geography", "workspace", "workspace.files"},
    "places": {"surveys", "geography", "workspace", "workspace.files", "ingest"},
    "calibration": {
        "surveys",
        "harmony",
        "derived",
        "geography",
        "fusion",
        "estimates",
        "workspace",
        "workspace.files",
        "ingest",
        "places",
    },
    "downscaling": {
        "surveys",
        "harmony",
        "geography",
        "fusion",
        "estimates",
        "workspace",
        "workspace.files",
        "ingest",
        "places",
    },
    "demo": {"surveys", "harmony", "geography", "fusion", "workspace", "workspace.files"},
    "prepare": {"surveys", "harmony", "geography", "fusion", "workspace", "workspace.files"},
    "execution": {
        "surveys",
        "harmony",
        "derived",
        "geography",
        "fusion",
        "estimates",
        "validation",
        "calibration",
        "workspace",
        "workspace.files",
        "prepare",
    },
    "recipes": {
        "surveys",
        "harmony",
        "derived",
        "fusion",
        "ingest",
        "workspace",
        "workspace.files",
        "prepare",
        "execution",
    },
    "publishing": {
        "surveys",
        "harmony",
        "derived",
        "geography",
        "fusion",
        "estimates",
        "validation",
        "workspace",
        "workspace.files",
        "prepare",
        "execution",
    },
}
UNRESTRICTED = {"cli"}
WEB_LIBRARIES = {"panel", "param", "bokeh", "holoviews"}

# The rooms of a package, lower ones first: a room imports those before it. Names that are no
# folder are modules that stand between the rooms.
ROOMS = {
    "fusion_core.harmony": (
        "model",
        "expressions",
        "labels",
        "matching",
        "editing",
        "apply",
        "store",
        "recodes",
        "fusiondata",
        "checks",
        "meaning",
        "previews",
        "vintages",
        "suggest",
        "overview",
        "exchange",
    ),
    "fusion_core.fusion": ("base", "implicates", "trees", "forests", "model", "training", "fusing"),
    "fusion_core.estimates": (
        "statistics",
        "variance",
        "joint",
        "margins",
        "published",
        "api",
        "runs",
        "places",
        "smoothing",
    ),
    "fusion_core.ingest": (
        "tables",
        "generic",
        "families",
        "reader",
        "acs",
        "recs",
        "nhts",
        "ahs",
        "cex",
        "ipums",
        "fusiondata",
        "readers",
        "import_report",
        "limits",
        "outline",
        "apart",
        "recipes",
    ),
    "fusion_core.places": (
        "recipes",
        "files",
        "requests",
        "known_areas",
        "survey_summaries",
        "ways",
        "boundary_files",
        "context_recipes",
        "local_density",
        "tables",
        "contexts",
        "overview",
    ),
    "fusion_core.downscaling": ("solving", "inputs", "stage", "answers"),
    "fusion_core.demo": (
        "world",
        "samples",
        "harmonies",
        "quick_look",
        "build",
        "later_year",
        "checking",
    ),
    "fusion_core.validation": ("internal", "report", "known_answers", "external"),
    "fusion_core.cli": (
        "output",
        "options",
        "harmonies",
        "estimates",
        "runs",
        "publishing",
        "derive",
        "surveys",
        "contexts",
        "area_shares",
        "places",
        "recipes",
        "tables",
        "small_areas",
        "demo",
        "workspaces",
        "config",
        "main",
    ),
    "harmony_app.harmonize": (
        "work",
        "match",
        "checks",
        "suggest",
        "team",
        "vintages",
        "table",
        "exchange",
        "recodes",
        "screen",
        "page",
    ),
    "harmony_app.explore": ("view", "map", "data", "panels", "page", "place"),
    "harmony_app.validate": ("view", "figures", "checks", "tabs", "page", "place"),
    "harmony_app.shell": (
        "inbox",
        "uploads",
        "session",
        "look",
        "sending",
        "steps",
        "work",
        "tour",
        "page",
    ),
}


def modules(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.py"))


def dotted(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def is_room(name: str) -> bool:
    package, _, last = name.rpartition(".")
    return last in ROOMS.get(package, ()) and (ROOT / name.replace(".", "/")).is_dir()


@cache
def imports(path: Path) -> tuple[tuple[str, str], ...]:
    """Every module a file imports, at any depth, and the name it takes from it."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [(alias.name, "") for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found += [(node.module, alias.name) for alias in node.names]
    return tuple(found)


def roots(path: Path) -> set[str]:
    return {module.split(".")[0] for module, _ in imports(path)}


def part_of(module: str) -> str:
    """The part of the engine a dotted module name belongs to; the top is no part."""
    pieces = module.split(".")[1:]
    if pieces[:2] in (["workspace", name] for name in ("files", "folders", "locks", "tables")):
        return "workspace.files"
    return pieces[0] if pieces and (ENGINE / pieces[0]).is_dir() else ""


def below(module: str, name: str, package: str) -> str:
    """The room, or the module between rooms, of a package that an import reaches; else nothing."""
    if module == package:
        return name if name in ROOMS[package] else ""
    return (
        module[len(package) + 1 :].split(".", maxsplit=1)[0]
        if module.startswith(f"{package}.")
        else ""
    )


@pytest.mark.parametrize("path", modules(ENGINE), ids=dotted)
def test_the_engine_imports_nothing_of_the_app_and_no_web_library(path: Path):
    assert not roots(path) & ({"harmony_app"} | WEB_LIBRARIES)


@pytest.mark.parametrize("path", modules(ENGINE), ids=dotted)
def test_a_part_of_the_engine_imports_only_the_parts_below_it(path: Path):
    part = part_of(dotted(path))
    if part in UNRESTRICTED:
        return
    used = {
        part_of(f"{module}.{name}") for module, name in imports(path) if module.startswith("fusion")
    } - {"", part}
    if path.parent != ENGINE:
        assert used <= ALLOWED.get(part, set())
    elif path.name != "__init__.py":
        assert used == set()


@pytest.mark.parametrize("package", ROOMS)
def test_the_order_of_rooms_names_every_room_and_no_other(package: str):
    folder = ROOT / package.replace(".", "/")
    folders = {path.parent.name for path in folder.glob("*/__init__.py")}
    names = {path.stem for path in folder.glob("*.py")} - {"__init__"}
    assert folders <= set(ROOMS[package]) <= folders | names
    assert names <= set(ROOMS[package])


@pytest.mark.parametrize("package", ROOMS)
def test_a_room_imports_only_the_rooms_before_it(package: str):
    order = ROOMS[package]
    for path in modules(ROOT / package.replace(".", "/")):
        room = below(dotted(path), "", package)
        if not room:
            continue
        reached = {below(module, name, package) for module, name in imports(path)} - {"", room}
        assert not {other for other in reached if order.index(other) > order.index(room)}, path


def test_no_modules_of_the_engine_import_each_other_in_a_circle():
    """Imports for type checkers count: what needs the other's types belongs above it."""
    names = {dotted(path) for path in modules(ENGINE)}
    needs = {
        dotted(path): {
            module if f"{module}.{name}" not in names else f"{module}.{name}"
            for module, name in imports(path)
        }
        & names - {dotted(path)}
        for path in modules(ENGINE)
    }
    try:
        TopologicalSorter(needs).prepare()
    except CycleError as error:
        pytest.fail(" imports ".join(reversed(error.args[1])))


@pytest.mark.parametrize("package", ["fusion_core", *(f"fusion_core.{name}" for name in ALLOWED)])
def test_every_public_name_of_a_package_can_be_taken_from_it(package: str):
    offered = import_module(package)
    for name in getattr(offered, "__all__", vars(offered).get("_PARTS", ())):
        assert getattr(offered, name) is not None


@pytest.mark.parametrize("path", [*modules(ENGINE), *modules(APP)], ids=dotted)
def test_whoever_is_outside_a_room_takes_only_what_the_room_offers(path: Path):
    for module, name in imports(path):
        room = next((end for end in (module, module.rpartition(".")[0]) if is_room(end)), "")
        if not room or f"{dotted(path)}.".startswith(f"{room}."):
            continue
        assert module == room, f"{module} is inside {room}: take {name} from the room"
        assert name in import_module(room).__all__


@pytest.mark.parametrize("package", ROOMS)
def test_a_module_of_a_room_is_private_unless_the_room_offers_something_of_it(package: str):
    for room in filter(is_room, (f"{package}.{name}" for name in ROOMS[package])):
        folder = ROOT / room.replace(".", "/")
        offered = {module for module, _ in imports(folder / "__init__.py")}
        offered |= {f"{module}.{name}" for module, name in imports(folder / "__init__.py")}
        for path in folder.glob("*.py"):
            if path.stem != "__init__":
                private = path.stem.startswith("_")
                assert private != (f"{room}.{path.stem}" in offered), path


@pytest.mark.parametrize("package", ROOMS)
def test_the_documented_rooms_are_the_rooms_there_are(package: str):
    text = (ROOT / "assets" / "docs" / "architecture.md").read_text(encoding="utf-8")
    table = text.partition(f"| `{package}` |")[2].partition("\n\n")[0]
    rows = [line.split("`")[1] for line in table.splitlines() if line.startswith("| `")]
    assert rows == list(ROOMS[package])


def test_no_folder_holds_more_modules_than_a_newcomer_can_overlook():
    folders = Counter(path.parent for path in [*modules(ENGINE), *modules(APP)])
    crowded = {dotted(folder): count for folder, count in folders.items()}
    assert {name: n for name, n in crowded.items() if n - 1 > LARGEST_FOLDER} == {}


def test_the_array_core_of_fusion_and_estimates_needs_no_plotting_or_geography():
    for path in [*modules(ENGINE / "fusion"), *modules(ENGINE / "estimates")]:
        if path.stem != "estimate_run":
            assert not roots(path) & {"geopandas", "shapely"}


def test_the_app_computes_no_statistics_itself():
    for path in modules(APP):
        assert not roots(path) & {"scipy", "sklearn", "lightgbm", "duckdb"}, path


def test_no_code_evaluates_text():
    for path in [*modules(ENGINE), *modules(APP)]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in {"eval", "exec", "compile"}, path


def test_every_test_module_has_a_name_of_its_own():
    """Pytest imports modules of folders that are no packages by their bare names."""
    names = Counter(path.name for path in (ROOT / "tests").rglob("test_*.py"))
    assert [name for name, count in names.items() if count > 1] == []


def test_the_formatter_decides_everywhere():
    for path in [*modules(ENGINE), *modules(APP), *modules(ROOT / "tests")]:
        assert "# fmt: " + "skip" not in path.read_text(encoding="utf-8"), path


def test_tests_run_coroutines_apart_from_a_browsers_loop():
    """A worker's browser keeps its loop running, beside which `asyncio.run` refuses to start."""
    tests = ROOT / "tests"
    own = [
        path for path in tests.rglob("*.py") if path.name not in {"apart.py", Path(__file__).name}
    ]
    careless = [str(path) for path in own if "asyncio.run(" in path.read_text(encoding="utf-8")]
    assert [path for path in careless if "benchmarks" not in path] == []
