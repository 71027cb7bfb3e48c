"""Options several commands share, and how their values are read."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fusion_core.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fusion_core.harmony.model import SurveyPair
    from fusion_core.surveys.model import Dictionary, SurveyId
    from fusion_core.workspace.layout import Workspace
    from fusion_core.workspace.runs import Run

WorkspaceOption = Annotated[
    Path,
    typer.Option(
        "--workspace",
        "-w",
        envvar="HARMONY_WORKSPACE",
        metavar="DIR",
        help="Project folder.",
        show_default="the current folder",
    ),
]
CreateOption = Annotated[
    bool,
    typer.Option("--create", help="Create the workspace first if the folder is new or empty."),
]
JsonOption = Annotated[
    bool, typer.Option("--json", help="Print one JSON object for scripts instead of text.")
]
JsonLinesOption = Annotated[
    bool, typer.Option("--json", help="Print one JSON object per line for scripts.")
]
DonorOption = Annotated[
    str,
    typer.Option(
        "--donor",
        metavar="SURVEY",
        help="Donor survey, such as RECS_2015.",
        show_default="the only one with harmonies",
    ),
]
RecipientOption = Annotated[
    str,
    typer.Option(
        "--recipient",
        metavar="SURVEY",
        help="Recipient survey, such as ACS_2019.",
        show_default="the only one with harmonies",
    ),
]
RunArgument = Annotated[
    str, typer.Argument(metavar="RUN", help="A run: its id, the start of it, or 'latest'.")
]


def open_workspace(folder: Path, *, create: bool = False) -> Workspace:
    """Open a workspace, or create one in a new or empty folder where that is wanted.

    See `open` and `create` of `fusion_core.workspace.layout.Workspace`.
    """
    from fusion_core.workspace.layout import Workspace

    return Workspace.create(folder) if create else Workspace.open(folder)


def pairs(texts: Sequence[str], option: str, form: str) -> dict[str, str]:
    """Read options of the form ``OLD=NEW``.

    Raises
    ------
    InputError
        If one has no two sides.
    """
    found = {}
    for text in texts:
        left, separator, right = text.rpartition("=")
        if not (separator and left.strip() and right.strip()):
            raise InputError(f"{option} {text} has no two sides", fix=f"Write it as {form}")
        found[left] = right.strip()
    return found


def decimal_mark(text: str) -> str:
    """Return the mark of decimals.

    Raises
    ------
    InputError
        If it is neither a point nor a comma.
    """
    if text not in {"", ".", ","}:
        raise InputError(
            f"'{text}' is not a decimal mark", fix="Give --decimal '.' or --decimal ','"
        )
    return text


def user_name() -> str:
    """Return who is at the command line, for the history of what is changed."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # an account without a name, as in some containers
        return "command line"


def check_target(workspace: Workspace, path: Path) -> None:
    """Refuse to write over what the workspace itself consists of.

    Raises
    ------
    InputError
        If the file or folder is one of the workspace's own, or inside one.
    """
    home, target = workspace.path.resolve(), path.resolve()
    own = [home / name for name in ("workspace.json", "surveys", "harmonies", "geography", "runs")]
    if any(target == item or item in target.parents for item in own):
        raise InputError(
            "That is a part of the workspace itself, which a copy must not replace",
            where=str(path),
            fix="Choose another file or folder",
        )


def find_dictionary(workspace: Workspace, survey: SurveyId) -> Dictionary | None:
    """Return a survey's dictionary, or ``None`` where the workspace has no such survey."""
    if not workspace.has_survey(survey):
        return None
    return workspace.dictionary(survey)


def choose_pair(workspace: Workspace, donor: str, recipient: str) -> SurveyPair:
    """Return the pair of surveys meant, the only one with harmonies where none is named.

    Raises
    ------
    InputError
        If nothing or several fit what was named, or a survey does not exist.
    """
    from fusion_core.harmony.model import SurveyPair
    from fusion_core.harmony.store import list_pairs
    from fusion_core.surveys.model import SurveyId

    if donor and recipient:
        return _known(workspace, SurveyPair(SurveyId.parse(donor), SurveyId.parse(recipient)))
    pairs = list_pairs(workspace.path)
    fitting = [
        pair
        for pair in pairs
        if donor in {"", str(pair.donor)} and recipient in {"", str(pair.recipient)}
    ]
    if len(fitting) == 1:
        return fitting[0]
    if not fitting:
        known = ", ".join(f"--donor {pair.donor} --recipient {pair.recipient}" for pair in pairs)
        raise InputError(
            "No such pair of surveys has harmonies" if pairs else "No pair has harmonies yet",
            where=str(workspace.path),
            fix=f"Those that have: {known}"
            if pairs
            else "Make one on the page Harmonize, or see `harmony harmonies suggest --help`",
        )
    names = ", ".join(f"--donor {pair.donor} --recipient {pair.recipient}" for pair in fitting)
    raise InputError(f"{len(fitting)} pairs of surveys fit", fix=f"Choose one: {names}")


def read_pair(workspace: Workspace, text: str) -> SurveyPair:
    """Read ``DONOR__RECIPIENT``: a pair with harmonies, or two surveys of the workspace.

    Raises
    ------
    InputError
        If the text names no pair, or a survey does not exist and the pair has no harmonies.
    """
    from fusion_core.harmony.model import SurveyPair
    from fusion_core.surveys.model import SurveyId

    donor, separator, recipient = text.partition("__")
    if not separator:
        raise InputError(
            f"'{text}' names no pair of surveys", fix="Write it like RECS_2015__ACS_2019"
        )
    return _known(workspace, SurveyPair(SurveyId.parse(donor), SurveyId.parse(recipient)))


def _known(workspace: Workspace, pair: SurveyPair) -> SurveyPair:
    """Return a pair that has harmonies, or both of whose surveys are there."""
    from fusion_core.harmony.store import list_pairs

    if pair not in list_pairs(workspace.path):
        for survey in (pair.donor, pair.recipient):
            workspace.describe(survey)
    return pair


def choose_run(workspace: Workspace, text: str) -> Run:
    """Return the run with this id, the only one whose id starts like this, or the latest.

    Raises
    ------
    InputError
        If no run or several runs are meant.
    """
    from fusion_core.workspace.runs import list_runs, open_run

    found = list_runs(workspace)
    if text == "latest":
        if not found:
            raise InputError(
                "There is no run yet",
                where=str(workspace.path),
                fix="Start one with `harmony fuse`",
            )
        return found[0]
    starting = [run for run in found if run.id.startswith(text)]
    exact = [run for run in starting if run.id == text]
    if exact or len(starting) == 1:
        return (exact or starting)[0]
    if len(starting) > 1:
        ids = ", ".join(run.id for run in starting)
        raise InputError(f"Several runs start with '{text}'", fix=f"Choose one of {ids}")
    return open_run(workspace, text)


def split_list(values: Sequence[str] | None) -> list[str]:
    """Flatten repeated and comma-separated values: ``["a,b", "c"]`` → ``["a", "b", "c"]``."""
    parts = [part.strip() for value in values or () for part in value.split(",")]
    return [part for part in parts if part]


def read_fusion_variables(values: Sequence[str]) -> tuple[str | tuple[str, ...], ...]:
    """Read fusion variables as typed: ``a b+c+d`` are a and the block of b, c and d.

    Raises
    ------
    InputError
        If a block has an empty member or a variable is named twice.
    """
    chosen: list[str | tuple[str, ...]] = []
    seen: set[str] = set()
    for text in split_list(values):
        members = tuple(part.strip() for part in text.split("+"))
        if "" in members:
            raise InputError(
                f"'{text}' is not a block of variables", fix="Write a block like heat+cool+other"
            )
        for name in members:
            if name in seen:
                raise InputError(f"'{name}' is named twice", fix="Name every variable once")
            seen.add(name)
        chosen.append(members[0] if len(members) == 1 else members)
    return tuple(chosen)
