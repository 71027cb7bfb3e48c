"""Examples in docstrings, notebooks and the site hold."""

import doctest
import importlib
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from execute_notebooks import FOLDER, executed

ROOT = Path(__file__).parents[3]
WITH_EXAMPLES = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for package in ("fusion_core", "harmony_app")
    for path in (ROOT / package).rglob("*.py")
    if ">>> " in path.read_text(encoding="utf-8")
)
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))


def test_there_are_examples():
    assert len(WITH_EXAMPLES) > 5
    assert len(NOTEBOOKS) > 2


@pytest.mark.parametrize("module", WITH_EXAMPLES)
def test_examples_of_docstrings_answer_as_they_say(module):
    failed, tried = doctest.testmod(importlib.import_module(module))
    assert tried
    assert not failed


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_run_as_they_stand(path):
    assert executed(path).cells


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_are_stored_as_they_were_executed(path):
    code = [cell for cell in executed_before(path) if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))
    assert tempfile.gettempdir() not in path.read_text(encoding="utf-8")


def executed_before(path: Path) -> list[dict]:
    import nbformat

    return nbformat.read(path, as_version=4).cells


@pytest.mark.slow
def test_the_site_builds_without_a_warning(tmp_path):
    command = [sys.executable, "-m", "sphinx", "--quiet", "--fail-on-warning", "--keep-going"]
    built = subprocess.run(
        [*command, "-d", tmp_path / "doctrees", ROOT / "assets" / "docs", tmp_path / "site"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.stderr == ""
    assert built.returncode == 0
    site = tmp_path / "site"
    assert "<math" in (site / "method.html").read_text(encoding="utf-8")
    outside = [
        page.name
        for page in site.rglob("*.html")
        if 'src="http' in page.read_text(encoding="utf-8")
    ]
    assert outside == []
