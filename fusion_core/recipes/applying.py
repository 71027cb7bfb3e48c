"""Apply a recipe to a workspace: import what is not there, build variables, take over harmonies."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from fusion_core.arguments import PathLike, path_of
from fusion_core.derived.storage import put_derived
from fusion_core.errors import HarmonyError, InputError
from fusion_core.harmony.model import SurveyPair
from fusion_core.harmony.store import HarmonyStore
from fusion_core.ingest.limits import try_within
from fusion_core.ingest.readers import ImportRequest, find_reader
from fusion_core.ingest.recipes import Recipe, write_recipe
from fusion_core.ingest.tables import FileProblemsError
from fusion_core.recipes.transferring import Transferred, transfer_harmonies
from fusion_core.records import Checked
from fusion_core.surveys.model import SurveyId

if TYPE_CHECKING:
    from collections.abc import Callable

    from fusion_core.recipes.recipe import FusionRecipe, SurveyFiles
    from fusion_core.workspace.layout import Workspace

    Progress = Callable[[float, str], None]


@dataclass(frozen=True)
class Applied(Checked):
    """What became of a recipe in a workspace.

    Attributes
    ----------
    pair
        Donor and recipient.
    imported
        Surveys that were read from public files.
    derived
        Variables that were built.
    harmonies
        Number of harmonies the pair has now.
    variables
        Variables of the recipe that can be fused.
    lacking
        Those that cannot, each with the reason.
    warnings
        What the readers say of the files.
    asked
        Harmonies that differ from the recipe's vintage and are kept as drafts for a person to decide,
        each with what differs.
    unusable
        Harmonies of the recipe the surveys here lack a variable for, each with the reason.
    """

    pair: SurveyPair
    imported: tuple[str, ...] = ()
    derived: tuple[str, ...] = ()
    harmonies: int = 0
    variables: tuple[str, ...] = ()
    lacking: tuple[tuple[str, str], ...] = ()
    warnings: tuple[str, ...] = ()
    asked: tuple[tuple[str, tuple[str, ...]], ...] = ()
    unusable: tuple[tuple[str, str], ...] = ()


def apply_recipe(
    workspace: Workspace,
    recipe: FusionRecipe,
    *,
    data: PathLike | None = None,
    recipient: SurveyId | None = None,
    harmonies: PathLike | None = None,
    author: str = "",
    progress: Progress | None = None,
) -> Applied:
    """Bring a workspace to where the recipe's variables can be fused; what is there stays.

    Parameters
    ----------
    workspace
        The workspace.
    recipe
        The recipe.
    data
        Folder of public files, searched with all its folders for surveys the workspace lacks.
    recipient
        Another recipient than the recipe's; of another vintage, its harmonies are transferred.
    harmonies
        A file of harmonies of the pair in place of the recipe's, such as a published one.
    author
        Who applies it; harmonies keep the name.
    progress
        Told the share done, from 0 to 1, and what is being done.

    Raises
    ------
    InputError
        If a survey is neither in the workspace nor among the files, a file is wrong, or the pair has
        no harmonies and the recipe brings none.
    """
    tell = progress or _say_nothing
    pair = SurveyPair(recipe.donor, recipient or recipe.recipient)
    folder = None if data is None else path_of(data, "data")
    file = recipe.harmonies if harmonies is None else path_of(harmonies, "harmonies")
    imported, warnings = [], []
    for place, survey in enumerate((pair.donor, pair.recipient)):
        if workspace.has_survey(survey):
            continue
        tell(0.4 * place, f"Reading {survey.title}")
        warnings += _import(workspace, survey, recipe.files_of(survey), folder)
        imported.append(str(survey))
    tell(0.8, "Building variables")
    derived, failed = _derive(workspace, recipe)
    tell(0.9, "Taking over harmonies")
    found, transferred = _harmonies(workspace, recipe, pair, file, author)
    known = workspace.dictionary(pair.donor)
    lacking = {
        name: failed.get(name, f"{pair.donor.title} has no variable of this name")
        for name in recipe.all_variables
        if name not in known
    }
    lacking |= {
        stage.variable: f"it is {'computed from' if stage.formula else 'drawn by'} "
        f"{' and '.join(absent)}, which is lacking"
        for stage in recipe.second_stage
        if stage.variable not in lacking and (absent := [n for n in stage.by if n in lacking])
    }
    return Applied(
        pair,
        tuple(imported),
        tuple(derived),
        found,
        tuple(name for name in recipe.all_variables if name not in lacking),
        tuple(lacking.items()),
        tuple(warnings),
        transferred.asked,
        transferred.unusable,
    )


def _say_nothing(share: float, sentence: str) -> None:
    pass


def _import(
    workspace: Workspace, survey: SurveyId, files: SurveyFiles | None, data: Path | None
) -> list[str]:
    if files is None or data is None:
        raise InputError(
            f"The workspace has no {survey.title}",
            where=str(workspace.path),
            fix="Name the folder of its public files with --data"
            if files is not None
            else f"Import it first: harmony survey add --name {survey.name} --vintage"
            f" {survey.vintage} …",
        )
    if not data.is_dir():
        raise InputError("There is no such folder", where=str(data), fix="Check the path")
    found = {slot: _find(data, names) for slot, names in files.files.items()}
    reader = find_reader(files.reader)
    request = ImportRequest(
        reader.key,
        {slot: path for slot, path in found.items() if path is not None},
        survey.name,
        survey.vintage,
        files.title,
    )
    for slot in reader.slots:
        if slot.required and slot.key not in request.files:
            names = files.files.get(slot.key, ())
            raise InputError(
                f"The {slot.title.lower()} of {survey.title} is not among the files",
                where=str(data),
                fix=f"Put it there as {' or '.join(names)}" if names else f"Give a {slot.title}",
            )
    trial = try_within(request)
    if trial.survey is None:
        raise FileProblemsError(trial.problems)
    workspace.add_survey(trial.survey, may_replace=False)
    kept = Recipe(reader.key, survey.name, files.title)
    write_recipe(kept, workspace.survey_folder(survey))
    return [problem.sentence for problem in trial.problems]


def _find(folder: Path, names: tuple[str, ...]) -> Path | None:
    """Return the first file of a name that is there, of several the one nearest to the top."""
    for name in names:
        found = sorted(folder.rglob(name), key=lambda path: (len(path.parts), str(path)))
        if found:
            return found[0]
    return None


def _derive(workspace: Workspace, recipe: FusionRecipe) -> tuple[list[str], dict[str, str]]:
    """Build the recipe's variables that are not there yet; say why one cannot be built."""
    built, failed = [], {}
    for definition in recipe.derived:
        survey = workspace.stored_survey(recipe.donor)
        if definition.name in survey.dictionary:
            continue
        try:
            put_derived(survey, definition)
        except HarmonyError as error:
            failed[definition.name] = f"{error.what[0].lower()}{error.what[1:]}"
        else:
            built.append(definition.name)
    return built, failed


def _harmonies(
    workspace: Workspace, recipe: FusionRecipe, pair: SurveyPair, path: Path | None, author: str
) -> tuple[int, Transferred]:
    """Take over the harmonies of a file that the pair has not; return how many it has."""
    found = Transferred()
    if path is not None:
        files = recipe.surveys.get(recipe.recipient)
        found = transfer_harmonies(
            workspace,
            path,
            pair,
            descriptions={"recipient": files.descriptions if files else None},
            author=author or "recipe",
        )
    number = len(HarmonyStore(workspace.path, pair).load().harmonies)
    if not number and not found.asked:
        raise InputError(
            f"{pair.title} has no harmonies, and the recipe brings none for this pair",
            fix="Suggest them with `harmony harmonies suggest`, transfer those of another vintage, or"
            " name a file of published ones with --harmonies",
        )
    return number, found
