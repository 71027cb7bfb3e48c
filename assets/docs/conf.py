"""Build the documentation site: guide, method, reference, notebooks, formats and decisions.

`make docs` writes it to ``assets/docs/_build``; it needs no network, neither then nor when it is read.
"""

import shutil
from importlib.metadata import version as version_of
from pathlib import Path

from latex2mathml.converter import convert
from sphinx.application import Sphinx

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
GUIDE = ROOT / "harmony_app" / "help"

project = "Survey Harmonization Tool"
author = "The Survey Harmonization Tool authors"
release = version = version_of("survey-harmonization-tool")

extensions = ["myst_nb", "sphinx.ext.autodoc", "numpydoc"]
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = f"{project} {release}"
html_static_path: list[str] = []
html_math_renderer = "mathml"

myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3
# Notebooks are stored as they were executed; a test executes them again.
nb_execution_mode = "off"

autodoc_typehints = "none"  # the docstrings say them, with shapes and units
autodoc_member_order = "bysource"
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False

# Rooms whose names others may use, in the order of the work.
ROOMS = {
    "Everything a notebook needs": ("fusion_core",),
    "Surveys and their files": (
        "fusion_core.surveys",
        "fusion_core.ingest.families",
        "fusion_core.ingest.generic",
        "fusion_core.recipes",
    ),
    "Harmonies": (
        "fusion_core.harmony.model",
        "fusion_core.harmony.apply",
        "fusion_core.harmony.expressions",
        "fusion_core.harmony.suggest",
        "fusion_core.harmony.checks",
        "fusion_core.harmony.recodes",
        "fusion_core.harmony.vintages",
        "fusion_core.harmony.store",
        "fusion_core.harmony.exchange",
        "fusion_core.harmony.fusiondata",
    ),
    "Preparing, fusing, running": (
        "fusion_core.prepare",
        "fusion_core.fusion",
        "fusion_core.fusion.base",
        "fusion_core.fusion.model",
        "fusion_core.fusion.implicates",
        "fusion_core.execution",
    ),
    "Validating": (
        "fusion_core.validation",
        "fusion_core.validation.internal",
        "fusion_core.validation.external",
        "fusion_core.validation.known_answers",
        "fusion_core.validation.report",
    ),
    "Estimating": (
        "fusion_core.estimates",
        "fusion_core.estimates.api",
        "fusion_core.estimates.statistics",
        "fusion_core.estimates.variance",
        "fusion_core.estimates.margins",
        "fusion_core.estimates.runs",
        "fusion_core.estimates.published",
    ),
    "Small areas, totals, publishing": (
        "fusion_core.downscaling",
        "fusion_core.calibration",
        "fusion_core.publishing",
        "fusion_core.demo",
    ),
}

# What these offer is indexed where it is defined.
SUMMARIES = frozenset(
    {"fusion_core", "fusion_core.estimates", "fusion_core.fusion", "fusion_core.validation"}
)


def setup(app: Sphinx) -> None:
    """Draw formulas without a script, and lay out what is kept elsewhere before pages are read."""
    app.add_html_math_renderer("mathml", (_inline, None), (_displayed, None))
    app.connect("builder-inited", _gather)
    app.connect("source-read", _relink)
    app.connect("autodoc-process-docstring", _keep_bars)


def _relink(_: Sphinx, page: str, source: list[str]) -> None:
    """Let links that hold in the repository hold on the site."""
    moved = {"../measured/": "measured/", "../../harmony_app/help/": "guide/", "../docs/": ""}
    up = "../" if page.startswith("measured/") else ""
    for there, here in moved.items():
        source[0] = source[0].replace(f"]({there}", f"]({up}{here}")


def _keep_bars(_app, _what, _name, _object, _options, lines: list[str]) -> None:  # noqa: ANN001
    """Show absolute values in docstrings, which reStructuredText takes for substitutions."""
    lines[:] = [line.replace("|", "\\|") for line in lines]


def _inline(writer, node):  # noqa: ANN001, ANN202
    writer.body.append(convert(node.astext()))
    raise _skip()


def _displayed(writer, node):  # noqa: ANN001, ANN202
    writer.body.append(f"<div>{convert(node.astext(), display='block')}</div>")
    raise _skip()


def _skip() -> Exception:
    from docutils.nodes import SkipNode

    return SkipNode()


def _gather(_: Sphinx) -> None:
    """Copy the guide and the measurements here, and write a page per room of the reference."""
    _fresh(HERE / "guide")
    for kind in ("chapters", "pictures"):
        shutil.copytree(GUIDE / kind, HERE / "guide" / kind)
    measured = _fresh(HERE / "measured")
    for page in sorted((ROOT / "assets" / "measured").glob("*.md")):
        shutil.copy(page, measured)
    reference = _fresh(HERE / "reference")
    lines = ["Reference", "=========", ""]
    for subject, rooms in ROOMS.items():
        lines += [
            f".. toctree::\n   :maxdepth: 1\n   :caption: {subject}\n",
            *[f"   {room}" for room in rooms],
            "",
        ]
        for room in rooms:
            title = f"{room}\n{'=' * len(room)}\n\n"
            again = "   :no-index:\n" if room in SUMMARIES else ""
            text = f"{title}.. automodule:: {room}\n   :members:\n{again}"
            (reference / f"{room}.rst").write_text(text, encoding="utf-8")
    (reference / "index.rst").write_text("\n".join(lines), encoding="utf-8")


def _fresh(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder
