"""How much computing a preview needs: opening a harmony, and every further edit of it.

CPU milliseconds of one process, so that other programs on the machine do not count. The donor has
5,000 households; the recipient 25,000 (a sample) and 1.3 million (a full ACS year).
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from support.reporting import SHARED, Row, require_shared_data, run_alone

sys.path.insert(0, str(Path(__file__).parents[1]))

from made_up_survey import with_made_up_answers

from fusion_core.harmony.apply.rows import RowsCache
from fusion_core.harmony.fusiondata.reading import read_harmonies
from fusion_core.harmony.model.harmony import Harmony, Side
from fusion_core.harmony.previews.preview import preview
from fusion_core.ingest.fusiondata.dictionary import read_fusiondata_dictionary
from fusion_core.surveys.model import SurveyId
from fusion_core.surveys.stored import StoredSurvey
from fusion_core.workspace.layout import Workspace

DONOR, RECIPIENT = SurveyId("CEI", "2015-2019"), SurveyId("ACS", "2019")
DONORS = 5_000
RECIPIENTS = (25_000, 1_300_000)
EDITS = 5
GOALS = {25_000: 100, 1_300_000: 1_000}


def published() -> dict[str, Harmony]:
    path = SHARED / "harmonies" / "r" / f"{DONOR}__{RECIPIENT}.R"
    return {harmony.key: harmony for harmony in read_harmonies(path).harmonies}


def cases(known: dict[str, Harmony]) -> dict[str, Harmony]:
    """Typical harmonies by what they need."""
    by_age = known["perslt18__agep"]
    dollars = known["fincbtxm__hincp"]
    return {
        "household labels": known["cutenure__ten"],
        "persons, reference person": known["educ_ref__schl"],
        "531 levels": known["occucod1__occp"],
        "bins, persons summed": by_age,
        "adjustment, persons summed": known["as_comp1__agep"],
        "universe, persons summed": replace(
            by_age, recipient=replace(by_age.recipient, universe="sex = 'Male'", outside_universe=0)
        ),
        "numbers of households": dollars,
        "numbers, deflated": replace(
            dollars, recipient=replace(dollars.recipient, deflate_to_year=2016)
        ),
        "numbers, adjusted": known["rent__rntp"],
        "numbers, persons summed": known["fsalarym__wagp"],
    }


def edited(harmony: Harmony) -> Iterator[Harmony]:
    """Yield what a person may do next: levels regrouped, or another handling of missing answers."""
    for turn in range(EDITS):
        side = harmony.recipient
        if side.levels:
            code = side.group_codes[turn % len(side.group_codes)]
            first = replace(side.levels[turn % len(side.levels)], group=code)
            levels = list(side.levels)
            levels[turn % len(levels)] = first
            yield replace(harmony, recipient=replace(side, levels=tuple(levels)))
        else:
            yield replace(harmony, recipient=replace(side, missing=float(turn)))


def used_columns(harmonies: dict[str, Harmony]) -> set[str]:
    sides: list[Side] = [
        side for item in harmonies.values() for side in (item.donor, item.recipient)
    ]
    return {side.variable for side in sides} | {"sex"}


def stored_surveys(
    folder: Path, households: int, only: set[str]
) -> tuple[StoredSurvey, StoredSurvey]:
    workspace = Workspace.create(folder)
    generator = np.random.default_rng(1)
    for survey, rows in ((DONOR, DONORS), (RECIPIENT, households)):
        paths = [SHARED / "dictionaries" / f"{survey}_{level}.parquet" for level in "HP"]
        read = read_fusiondata_dictionary(*paths)
        kept = type(read.dictionary)([v for v in read.dictionary.values() if v.name in only])
        description = replace(read.description, price_year=2019)
        read = replace(read, dictionary=kept, description=description)
        workspace.add_survey(with_made_up_answers(read, rows, generator))
    return workspace.stored_survey(DONOR), workspace.stored_survey(RECIPIENT)


def cpu_milliseconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return (time.process_time() - start) * 1e3


def preview_rows(
    chosen: dict[str, Harmony], donor: StoredSurvey, recipient: StoredSurvey, households: int
) -> list[Row]:
    """Open and edit each harmony; report the slowest, and what is kept in memory."""
    cache = RowsCache()

    def measured(harmony: Harmony) -> float:
        return cpu_milliseconds(lambda: preview(harmony, donor, recipient, cache=cache))

    opened, edits = {}, {}
    for what, harmony in chosen.items():
        opened[what] = measured(harmony)
        edits[what] = statistics.median(measured(item) for item in edited(harmony))
    rows = []
    for done, times in (("opened", opened), ("edited, median", edits)):
        slowest = max(times, key=lambda what: times[what])
        rows.append(
            Row(
                topic="preview",
                what=f"{households:,} households: {done}, slowest of {len(times)} harmonies",
                value=times[slowest],
                unit="ms",
                note=f"{slowest}; half take less than {statistics.median(times.values()):.0f} ms",
            ).against("goal", GOALS[households])
        )
    kept = Row(
        topic="preview",
        what=f"{households:,} households: prepared rows kept",
        value=cache.nbytes / 2**20,
        unit="MiB",
    )
    return [*rows, kept]


def measure(*, quick: bool) -> list[Row]:
    """Measure previews of a sample and of a full ACS year, or quickly of the sample."""
    require_shared_data()
    known = published()
    rows = []
    for households in RECIPIENTS[:1] if quick else RECIPIENTS:
        with tempfile.TemporaryDirectory() as folder:
            surveys = stored_surveys(Path(folder) / "workspace", households, used_columns(known))
            rows += preview_rows(cases(known), *surveys, households)
    return rows


if __name__ == "__main__":
    sys.exit(run_alone(measure))
