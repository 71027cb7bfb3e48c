"""What the server must have done before the first visitor."""

import gc
import subprocess
import sys
from pathlib import Path

import panel as pn
import panel.models.file_dropper
import pytest
from jinja2 import Environment
from markupsafe import Markup
from panel.io.resources import Resources, bundle_resources
from running_app import free_port
from threadpoolctl import threadpool_info, threadpool_limits

from fusion_core.workspace.layout import Workspace
from harmony_app.serve import serve
from harmony_app.server.settings import ServerSettings
from harmony_app.shell.page import ASSETS, Place, frame_variables
from harmony_app.shell.session import Session

ROOT = Path(__file__).parents[3]


def component_modules() -> set[str]:
    """Modules that define a component with a script of its own."""
    return {
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for path in (ROOT / "harmony_app").rglob("*.py")
        if "(JSComponent)" in path.read_text(encoding="utf-8")
    }


def modules_after(imports: str) -> set[str]:
    """Modules a fresh process holds after some imports."""
    done = subprocess.run(
        [sys.executable, "-c", f"import sys, {imports}; print(*sys.modules)"],
        check=True,
        capture_output=True,
        text=True,
    )
    return set(done.stdout.split())


@pytest.fixture(scope="module")
def loaded() -> set[str]:
    """Modules a fresh server has imported before anybody comes, on a demo that is there."""
    return modules_after("harmony_app.serve, fusion_core.demo")


def test_every_component_exists_before_the_first_session(loaded: set[str]):
    # A class made while a page is connected is unknown to that page, which then stays empty.
    assert len(component_modules()) >= 5
    assert component_modules() <= loaded


LATER = {"duckdb", "lightgbm", "numba", "scipy.sparse", "scipy.special", "sklearn", "sqlglot"}
"""Libraries that take a noticeable time to load: they come with what first uses them."""


def test_the_first_page_does_not_wait_for_libraries_it_does_not_use(
    loaded: set[str],
):
    assert not (LATER | {"geopandas", "holoviews", "openpyxl", "scipy.stats"}) & loaded


def test_importing_the_estimates_loads_no_library_before_it_is_used():
    # They go through the workspace to derived variables, whose expressions have a parser and a database.
    assert not (LATER | {"panel", "bokeh"}) & modules_after("fusion_core.estimates")


def test_pages_load_the_scripts_they_need_and_no_others_beside():
    scripts, _ = bundle_resources([], Resources(mode="server"), enable_mathjax=True)
    base = Environment(autoescape=True).from_string("{% block js_resources %}{% endblock %}")
    frame = Environment(autoescape=True).from_string((ASSETS / "frame.html").read_text("utf-8"))
    page = frame.render(
        base=base,
        bokeh_js=Markup(scripts),  # noqa: S704 - Panel wrote them
        harmony={},
    )
    assert "bokeh-mathjax" in scripts
    for needed in ("bokeh.min.js", "bokeh-widgets.min.js", "bokeh-tables.min.js", "panel.min.js"):
        assert needed in page
    assert "bokeh-mathjax" not in page
    assert "bokeh-gl" not in page


def test_names_are_shown_as_text_in_the_frame_of_every_page(tmp_path):
    hostile = "<img src=x onerror=alert(1)>"
    workspace = Workspace.create(tmp_path / "w", title=hostile)
    session = Session(workspace, user=hostile, theme="light", query={})
    place = Place("harmonize", hostile, lambda _: pn.Spacer())
    base = "{% block title %}{% endblock %}{% block contents %}{% endblock %}"
    page = Environment().from_string((ASSETS / "frame.html").read_text("utf-8"))  # noqa: S701 - as Panel's
    shown = page.render(
        base=Environment().from_string(base),  # noqa: S701 - a template of the test
        embed=lambda _: "",
        roots={},
        harmony=frame_variables(place, (place,), session),
    )
    assert shown.count("&lt;img src=x") >= 5
    assert "<img" not in shown


def blas_threads():
    pools = threadpool_info()
    return {pool["num_threads"] for pool in pools if pool["user_api"] == "blas"}


def test_sessions_do_not_compete_with_threads_of_their_own_matrix_products(tmp_path, monkeypatch):
    threads = []
    monkeypatch.setattr(
        "harmony_app.serve.run_until_stopped", lambda *_: threads.append(blas_threads())
    )
    with threadpool_limits(limits=2, user_api="blas"):
        serve(Workspace.create(tmp_path / "w"), ServerSettings(port=free_port()))
        assert blas_threads() == {2}
    assert threads == [{1}]


def test_collections_leave_the_imports_alone_while_serving_and_only_then(tmp_path, monkeypatch):
    frozen = []
    monkeypatch.setattr(
        "harmony_app.serve.run_until_stopped", lambda *_: frozen.append(gc.get_freeze_count())
    )
    serve(Workspace.create(tmp_path / "w"), ServerSettings(port=free_port()))
    assert frozen[0] > 10_000
    assert gc.get_freeze_count() == 0
