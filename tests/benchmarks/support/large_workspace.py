"""A workspace as large as a team's: every published dictionary and harmony, a hundred vintages.

Run as a script it builds one: ``python large_workspace.py FOLDER``.
"""

import json
import os
import shutil
import sys
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

import numpy as np
from support.reporting import SHARED

sys.path.insert(0, str(Path(__file__).parents[2]))

from made_up_survey import with_made_up_answers

from fusion_core.harmony.fusiondata.reading import read_harmonies
from fusion_core.harmony.store.store import HarmonyStore
from fusion_core.ingest.fusiondata.dictionary import read_fusiondata_dictionary
from fusion_core.surveys.model import SurveyId
from fusion_core.workspace.layout import Workspace

SURVEYS = 100
DONORS, RECIPIENTS = 5_000, 25_000


def build_large_workspace(folder: Path, *, only: Collection[str] | None = None) -> Workspace:
    """Store every published survey with made-up answers, and copies of it under other years.

    With `only` some surveys, such as ``{"RECS_2015", "ACS_2015"}``, and no copies.
    """
    workspace = Workspace.create(folder, title="Large")
    for number, path in enumerate(sorted((SHARED / "dictionaries").glob("*_H.parquet"))):
        if only is not None and path.stem.removesuffix("_H") not in only:
            continue
        persons = path.with_name(path.name.replace("_H.", "_P."))
        survey = read_fusiondata_dictionary(path, persons if persons.exists() else None)
        households = RECIPIENTS if survey.id.name == "ACS" else DONORS
        made_up = with_made_up_answers(survey, households, np.random.default_rng(number))
        workspace.add_survey(
            replace(made_up, description=replace(made_up.description, price_year=2019))
        )
    _add_harmonies(workspace)
    if only is None:
        _add_years(workspace)
    return workspace


def _add_harmonies(workspace: Workspace) -> None:
    for path in sorted((SHARED / "harmonies" / "r").glob("*.R")):
        pair = read_harmonies(path).pair
        if workspace.has_survey(pair.donor) and workspace.has_survey(pair.recipient):
            donor, recipient = (
                workspace.stored_survey(survey).dictionary
                for survey in (pair.donor, pair.recipient)
            )
            found = read_harmonies(path, donor=donor, recipient=recipient)
            HarmonyStore(workspace.path, pair).save_all(found.harmonies, author="published")


def _add_years(workspace: Workspace) -> None:
    """Link the files of each survey under further years until there are a hundred surveys."""
    published = workspace.survey_ids()
    missing = SURVEYS - len(published)
    for number in range(missing):
        source = published[number % len(published)]
        copy = SurveyId(source.name, str(1990 + number // len(published)) + f"-{source.vintage}")
        folder = workspace.survey_folder(copy)
        shutil.copytree(workspace.survey_folder(source), folder, copy_function=os.link)
        record = json.loads((folder / "survey.json").read_text(encoding="utf-8"))
        (folder / "survey.json").unlink()
        record["vintage"] = copy.vintage
        (folder / "survey.json").write_text(json.dumps(record), encoding="utf-8")


if __name__ == "__main__":
    build_large_workspace(Path(sys.argv[1]))
