"""Make a published data set again from its methods note."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from fusion_core.arguments import PathLike, path_of
from fusion_core.errors import InputError
from fusion_core.execution import execute_run
from fusion_core.fusion import open_implicates
from fusion_core.harmony.store import HarmonyStore
from fusion_core.publishing.combined import free_name, put_together, read_combination
from fusion_core.publishing.methods import fingerprints, harmonies_of, input_files, read_methods
from fusion_core.publishing.published_folder import METHODS
from fusion_core.records import Checked
from fusion_core.workspace.combinations import Combination
from fusion_core.workspace.files import write_json
from fusion_core.workspace.runs import Run, RunSpec, create_run, require_workspace

if TYPE_CHECKING:
    from fusion_core.workspace.layout import Workspace

Progress = Callable[[float, str], None]


@dataclass(frozen=True)
class Repetition(Checked):
    """A run made again.

    Attributes
    ----------
    run
        The new run.
    same
        Per fused variable, whether its draws are those of the note, to the last bit.
    differences
        How inputs and versions differ from the note's, one sentence each.
    """

    run: Run
    same: dict[str, bool]
    differences: tuple[str, ...]


def repeat_run(
    workspace: Workspace,
    note: PathLike,
    *,
    name: str = "",
    other_inputs: bool = False,
    execute: Callable[[Workspace, Run], Any] = execute_run,
) -> Repetition:
    """Run again what a methods note describes, and compare the implicates.

    Parameters
    ----------
    workspace
        Where both surveys are. Harmonies it lacks are taken from the note.
    note
        ``methods.json``, or the folder of the published data set.
    name
        Name of the new run; that of the note when empty.
    other_inputs
        Go on although files of the workspace differ from those of the note.
    execute
        Runs all stages.

    Raises
    ------
    InputError
        If a survey is missing, or a file or harmony differs and `other_inputs` is false.
    CorruptFileError
        If the note is damaged.
    """
    require_workspace(workspace)
    path = path_of(note, "note")
    path = path / METHODS if path.is_dir() else path
    record = read_methods(path)
    spec = RunSpec.from_record(record["request"], where=str(path))
    for survey in (spec.pair.donor, spec.pair.recipient):
        if not workspace.has_survey(survey):
            raise InputError(
                f"The workspace has no {survey.title}, which the note starts from",
                where=str(workspace.path),
                fix="Add it with `harmony survey add`, then repeat",
            )
    store = HarmonyStore(workspace.path, spec.pair)
    if not store.path.exists() and record["harmonies"]:
        write_json(record["harmonies"], store.path)
    differences = _differences(workspace, spec, record)
    if differences and not other_inputs:
        more = f", and {len(differences) - 1:,} more" if len(differences) > 1 else ""
        raise InputError(
            f"The inputs are not those of the note: {differences[0]}{more}",
            where=str(workspace.path),
            fix="Take the surveys, harmonies and geography of the note, or allow other inputs",
        )
    run = create_run(workspace, replace(spec, name=name or f"{spec.name} again"))
    execute(workspace, run)
    found = fingerprints(open_implicates(run.implicates_folder, seed=spec.seed))
    expected = record["implicates"]["sha256"]
    same = {key: found.get(key) == value for key, value in expected.items()}
    return Repetition(run, same, (*differences, *_other_versions(run, record)))


@dataclass(frozen=True)
class RepeatedCombination(Checked):
    """A combination made again.

    Attributes
    ----------
    combination
        The new combination, with the outcomes of the published one.
    repetitions
        Its runs, made again.
    """

    combination: Combination
    repetitions: tuple[Repetition, ...]


def repeat_combination(
    workspace: Workspace,
    folder: PathLike,
    *,
    name: str = "",
    other_inputs: bool = False,
    execute: Callable[[Workspace, Run], Any] = execute_run,
) -> RepeatedCombination:
    """Run again all runs of a published combination, and combine them as they were.

    Parameters
    ----------
    workspace, other_inputs, execute
        As in `repeat_run`.
    folder
        The folder `publish_combination` wrote.
    name
        Name of the new combination; that it was published under when empty.

    Raises
    ------
    ConflictError
        If there is a combination of this name; nothing is run then.
    InputError
        If the folder holds no combination, or as `repeat_run`.
    CorruptFileError
        If a file is missing or altered.
    """
    require_workspace(workspace)
    path = path_of(folder, "folder")
    record = read_combination(path)
    called = free_name(workspace, name or str(record["name"]))
    repetitions = tuple(
        repeat_run(workspace, path / item["folder"], other_inputs=other_inputs, execute=execute)
        for item in record["parts"]
    )
    made = put_together(workspace, called, record, [item.run for item in repetitions])
    return RepeatedCombination(made, repetitions)


def _differences(workspace: Workspace, spec: RunSpec, record: dict[str, Any]) -> list[str]:
    """Say which inputs differ from those of the note; harmonies by what they say, not their file."""
    here = input_files(workspace, spec)
    harmonies = HarmonyStore(workspace.path, spec.pair).path.relative_to(workspace.path).as_posix()
    found = []
    for name, item in record["inputs"].items():
        if name == harmonies:
            continue
        if name not in here:
            found.append(f"{name} is missing")
        elif here[name]["sha256"] != item["sha256"]:
            found.append(f"{name} is another file")
    found += [f"{name} is not in the note" for name in here if name not in record["inputs"]]
    own = harmonies_of(workspace, spec).get("harmonies", {})
    noted = record["harmonies"].get("harmonies", {})
    changed = sorted(key for key in {*own, *noted} if _meaning(own, key) != _meaning(noted, key))
    found += [f"the harmony {key} differs" for key in changed]
    return found


def _meaning(harmonies: dict[str, Any], key: str) -> dict[str, Any] | None:
    """Return what a harmony says, without who saved it when."""
    item = harmonies.get(key)
    if item is None:
        return None
    return {name: value for name, value in item.items() if name not in _KEPT_OUT}


_KEPT_OUT = frozenset({"author", "modified", "revision", "comment"})


def _other_versions(run: Run, record: dict[str, Any]) -> list[str]:
    from fusion_core.workspace.files import read_json

    path = run.folder / "versions.json"
    here = read_json(path) if path.exists() else {}
    return [
        f"{name} {here[name]} in place of {version}"
        for name, version in record["versions"].items()
        if name in here and here[name] != version and name not in {"system", "threads"}
    ]
