"""`harmony figure map`: estimates by area, of one variable or of two, as a figure for a report."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import parse_qsl, urlsplit

import typer

from fusion_core.cli.estimates import Wish, chosen_source, known_variables, read_statistics
from fusion_core.cli.options import JsonOption, WorkspaceOption, open_workspace
from fusion_core.cli.output import Output, show_path
from fusion_core.cli.runs import SourceArgument
from fusion_core.errors import InputError
from fusion_core.estimates.statistics import SHARES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fusion_core.estimates import EstimateCache, Statistic
    from fusion_core.estimates.runs import Source as Asked
    from fusion_core.workspace.layout import Workspace
    from harmony_app.explore.data import Answer, Catalogue, Source
    from harmony_app.explore.view import ExploreState

ToOption = Annotated[Path, typer.Option("--to", metavar="FILE", help="Where to write the SVG.")]
WithinOption = Annotated[
    str, typer.Option(metavar="PLACE", help='Only the areas of a place, such as "New York".')
]


VariableOption = Annotated[
    str,
    typer.Option(
        "--variable",
        "-v",
        metavar="NAME",
        help="A variable, or a statistic in short form such as share:main_ac=None.",
    ),
]
ClassesOption = Annotated[
    str, typer.Option(metavar="METHOD", help="quantile, equal, natural or sure.")
]
CountOption = Annotated[int, typer.Option(min=2, max=9, help="Classes of one variable.")]


def draw_map(
    *,
    run: SourceArgument = "latest",
    to: ToOption,
    variable: VariableOption = "",
    second: Annotated[
        str,
        typer.Option(
            "--with", metavar="NAME", help="A second variable, mapped in three classes of each."
        ),
    ] = "",
    by: Annotated[str, typer.Option(metavar="COLUMN", help="Kind of area.")] = "puma",
    where: Annotated[
        str, typer.Option(metavar="CONDITION", help="Only households that meet it.")
    ] = "",
    within: WithinOption = "",
    show: Annotated[
        str, typer.Option(metavar="NUMBER", help="What is coloured: estimate, moe or cv.")
    ] = "estimate",
    classes: ClassesOption = "quantile",
    count: CountOption = 5,
    link: Annotated[
        str,
        typer.Option(
            metavar="ADDRESS", help="Draw the view of this address of the Explore page instead."
        ),
    ] = "",
    workspace: WorkspaceOption = Path(),
    json: JsonOption = False,
) -> None:
    """Draw estimates by area, of one variable or of two together.

    Areas too uncertain to rely on are hatched; on a map of two variables those whose class of either
    is uncertain. Example: harmony figure map latest -v share:insecure=Yes --with mean:elec_kwh
    --within "New York" --to burdens.svg
    """
    options = {"show": show, "classes": classes, "k": str(count), "by": by, "where": where}
    options |= {"within": within}
    draw_asked(workspace, run, (variable, second), options, to=to, json=json, link=link)


def draw_asked(
    workspace: Path,
    run: str,
    variables: tuple[str, str],
    options: Mapping[str, str],
    *,
    to: Path,
    json: bool,
    link: str = "",
) -> None:
    """Draw what a command asks for, and say so.

    Parameters
    ----------
    workspace, run
        Where the estimates are from.
    variables
        The variable and the second one, as typed; the latter may be empty.
    options
        The rest of the view, as in the address of the Explore page.
    to, json
        Where to write the figure, and whether to answer in JSON.
    link
        An address whose view is drawn instead.
    """
    from fusion_core.estimates import EstimateCache
    from harmony_app.explore.data import read_catalogue
    from harmony_app.explore.view import from_query

    opened = open_workspace(workspace)
    cache = EstimateCache()
    catalogue = read_catalogue(opened)
    if link:
        state = from_query(dict(parse_qsl(urlsplit(link).query)))
    else:
        source = chosen_source(opened, run)
        first, second = variables
        state = _state(source, _statistic(opened, source, first, cache), options)
        if second:
            state = dataclasses.replace(state, second=_statistic(opened, source, second, cache))
    drawn = draw_view(opened, catalogue, state, cache)
    write_figure(to, drawn.svg)
    record = {"file": str(to), "areas": drawn.areas, "legend": drawn.legend, "note": drawn.note}
    Output(json).result(
        record, lambda console: console.print(f"Wrote {show_path(to)}", markup=False)
    )


@dataclasses.dataclass(frozen=True)
class Drawn:
    """A figure, the number of areas with an estimate, and what legend and note say."""

    svg: str
    areas: int
    legend: str
    note: str


def draw_view(
    workspace: Workspace, catalogue: Catalogue, state: ExploreState, cache: EstimateCache
) -> Drawn:
    """Draw a view of the Explore page.

    Parameters
    ----------
    workspace, catalogue
        Where the estimates are from.
    state
        The view.
    cache
        Keeps data between calls.

    Raises
    ------
    InputError
        If the view asks for what is not there.
    """
    from harmony_app.explore.data import Estimator, layer_of, method_note, view_figure
    from harmony_app.explore.map import area_shapes
    from harmony_app.explore.view import estimate_request, words

    source = _source(catalogue, state.source)
    if state.variable not in source.variables:
        raise InputError.unknown("variable", state.variable, source.variables)
    request = estimate_request(state)
    shapes = area_shapes(workspace, state.area_kind)
    estimator = Estimator(workspace, cache)
    answer: Answer = estimator.answer(source, request, shapes.areas)
    donor = estimator.donor_alone(source, request) if state.view == "donor" else None
    quantity = words.quantity_of(request.statistic, source.columns)
    note = method_note(state, source, answer, quantity, synthetic=workspace.synthetic)
    layer = layer_of(state, source, answer, "light")
    doubt = layer.two_way.doubt if layer.two_way else layer.doubt.sentence if layer.doubt else ""
    return Drawn(
        svg=view_figure(state, source, answer, note, shapes, donor=donor),
        areas=int((layer.codes >= 0).sum()),
        legend=doubt,
        note=note.figure_note(),
    )


def _source(catalogue: Catalogue, identifier: str) -> Source:
    if identifier not in catalogue.sources:
        raise InputError.unknown("source", identifier, catalogue.sources)
    return catalogue.sources[identifier]


def source_asked(catalogue: Catalogue, asked: Asked) -> Source:
    """Return what the Explore page shows of a run, a combination or a survey.

    Raises
    ------
    InputError
        If it shows nothing of it, as of areas without boundaries.
    """
    return _source(catalogue, _identifier(asked))


def _identifier(asked: Asked) -> str:
    """Return what the Explore page calls a run, a combination or a survey."""
    from fusion_core.surveys.model import SurveyId
    from fusion_core.workspace.combinations import Combination
    from harmony_app.explore.data import COMBINATION_PREFIX, SURVEY_PREFIX

    if isinstance(asked, SurveyId):
        return f"{SURVEY_PREFIX}{asked}"
    return f"{COMBINATION_PREFIX}{asked.name}" if isinstance(asked, Combination) else asked.id


def _statistic(workspace: Workspace, source: Asked, text: str, cache: EstimateCache) -> Statistic:
    """Read a variable; of a category the level most people ask for first."""
    from harmony_app.explore.view import natural_statistic

    known = known_variables(workspace, source, cache)
    if text in known:
        return natural_statistic(known[text])
    wish = Wish(variables=(text,) if text else ())
    [found] = read_statistics(wish, known, default=())
    levels = known[found.variable].levels if found.variable in known else ()
    if levels and found.kind in SHARES and found.level is None:
        raise InputError(
            f"'{found.variable}' has {len(levels)} levels, and a map shows one",
            fix=f"Name it, such as {found.kind}:{found.variable}={levels[0]}",
        )
    return found


def _state(source: Asked, statistic: Statistic, options: Mapping[str, str]) -> ExploreState:
    """Return the view of a statistic, read as an address is."""
    from harmony_app.explore.view import from_query, show_statistic

    state = from_query(options)
    for name, value in (("show", state.measure), ("classes", state.class_method)):
        if options.get(name, value) != value:
            raise InputError(
                f"'{options[name]}' is not known here", where=f"--{name}", fix="See --help"
            )
    return show_statistic(dataclasses.replace(state, source=_identifier(source)), statistic)


def write_figure(to: Path, svg: str) -> None:
    """Write a figure; refuse a file of another kind."""
    from fusion_core.workspace.files import write_text

    if to.suffix.lower() != ".svg":
        raise InputError(
            "Figures are written as SVG", where=str(to), fix="Name a file that ends in .svg"
        )
    write_text(svg, to)
