"""The whole path on real public data: RECS 2015 onto ACS households, from raw files to estimates.

Two recipients are at hand: households of one Oregon PUMA (ACS 2006–2010, no persons) and persons in
the five Seattle PUMAs (ACS 2016), whose households are put together from their reference persons.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from fusion_core.estimates import Statistic
from fusion_core.estimates.runs.estimate_run import area_estimates, survey_area_estimates
from fusion_core.execution import execute_run
from fusion_core.fusion import read_implicates
from fusion_core.fusion.base.settings import TrainSettings
from fusion_core.geography.boundaries import import_boundaries, read_areas, write_areas
from fusion_core.harmony.fusiondata.reading import read_harmonies
from fusion_core.harmony.model.harmony import Harmony, HarmonySet, SurveyPair
from fusion_core.harmony.store.store import HarmonyStore
from fusion_core.ingest.acs.pums import read_acs_pums
from fusion_core.ingest.fusiondata._applicable import Applicable, applicable_harmonies
from fusion_core.ingest.recs.microdata import read_recs
from fusion_core.prepare import read_prepared
from fusion_core.surveys import Survey
from fusion_core.workspace.layout import Workspace
from fusion_core.workspace.runs import Run, RunSpec, create_run

SEATTLE = [f"5311{area}" for area in ("601", "602", "603", "604", "605")]


@pytest.fixture(scope="module")
def recs(shared_data: Path) -> Survey:
    folder = shared_data / "public" / "recs"
    return read_recs(
        folder / "recs2015_composite.parquet",
        folder / "codebook_publicv4.xlsx",
        supplement=folder / "recs2015_fusionModel_supplement.parquet",
    )


def published(shared_data: Path, vintage: str, pair: SurveyPair) -> HarmonySet:
    """The published harmonies of RECS 2015 with an ACS vintage, for the files at hand."""
    result = read_harmonies(shared_data / "harmonies" / "r" / f"RECS_2015__ACS_{vintage}.R")
    return HarmonySet(pair, tuple(result.harmonies))


def fused(
    folder: Path,
    donor: Survey,
    recipient: Survey,
    harmonies: tuple[Harmony, ...],
    variables: tuple[str, ...],
    *,
    keep: tuple[str, ...] = (),
) -> tuple[Workspace, Run]:
    workspace = Workspace.create(folder, title="Real data")
    workspace.add_survey(donor)
    workspace.add_survey(recipient)
    pair = SurveyPair(donor.id, recipient.id)
    HarmonyStore(workspace.path, pair).save_all(harmonies, author="test")
    spec = RunSpec(
        "real",
        pair,
        variables,
        implicates=5,
        seed=1,
        train=TrainSettings.preset("quick"),
        preset="quick",
        keep_predictors=keep,
    )
    run = create_run(workspace, spec)
    state = execute_run(workspace, run)
    assert state.status == "finished", state.message
    return workspace, run


@pytest.fixture(scope="module")
def oregon(shared_data: Path) -> Survey:
    return read_acs_pums(
        shared_data / "public" / "acs_pums" / "acs2006_2010_5yr_or_puma00600_h.parquet",
        None,
        shared_data / "public" / "dictionary" / "PUMSDataDict14.txt.gz",
        vintage="2006-2010",
    )


@pytest.fixture(scope="module")
def for_oregon(shared_data: Path, recs: Survey, oregon: Survey) -> Applicable:
    harmonies = published(shared_data, "2015", SurveyPair(recs.id, oregon.id))
    return applicable_harmonies(harmonies, recs, oregon)


def test_the_published_harmonies_that_both_files_can_answer_apply(for_oregon: Applicable):
    assert set(for_oregon.keys) == {
        "fuelheat__hfl",
        "kownrent__ten",
        "moneypy__hincp",
        "nhsldmem__np",
        "occupyyrange__mv",
        "typehuq__bld",
    }


def test_every_other_published_harmony_is_refused_with_its_reason(for_oregon: Applicable):
    reasons = {(item.key, item.side): item.reason for item in for_oregon.refusals}
    assert "no person records" in reasons["hhage__agep", "recipient"]
    assert "no variable rmsp" in reasons["totrooms__rmsp", "recipient"]
    assert "'2005 or later'" in reasons["yearmaderange__ybl", "recipient"]
    assert {key for key, _ in reasons} | set(for_oregon.keys) >= {
        "bedrooms__bdsp",
        "education__schl",
        "internet__access",
    }


@pytest.mark.slow
def test_recs_energy_use_is_fused_onto_oregon_households(
    tmp_path: Path, recs: Survey, oregon: Survey, for_oregon: Applicable
):
    # Heating fuels of one Oregon PUMA differ from the nation's, so the similarity rule alone would
    # leave this predictor out; a user who knows why keeps it.
    workspace, run = fused(
        tmp_path / "oregon",
        recs,
        oregon,
        for_oregon.harmonies,
        ("kwh", "cufeetng", "adqinsul"),
        keep=("fuelheat__hfl",),
    )
    prepared = read_prepared(run.input_folder)
    similarity = prepared.predictors.set_index("predictor")["similarity"]
    assert similarity["fuelheat__hfl"] < 0.8
    assert "fuelheat__hfl" in prepared.kept
    assert set(prepared.kept) <= set(for_oregon.keys)
    assert len(prepared.recipient) == len(oregon.table("household"))

    implicates = read_implicates(run.implicates_folder)
    donor = recs.table("household")
    for name in ("kwh", "cufeetng"):
        assert set(np.unique(implicates[name].values)) <= set(donor[name].to_numpy(dtype=float))

    # Harmonized predictors carry information: homes heated with gas burn more of it.
    gas = area_estimates(workspace, run, Statistic("mean", "cufeetng"), by=("hfl",))
    means = gas.set_index("hfl")["estimate"]
    assert means["Utility gas"] > 3 * means["Electricity"]
    kwh = area_estimates(workspace, run, Statistic("mean", "kwh"), by=("hfl",))
    means = kwh.set_index("hfl")["estimate"]
    assert means["Electricity"] > 1.2 * means["Utility gas"]


def seattle_files(shared_data: Path, folder: Path) -> tuple[Path, Path]:
    """Housing and person files in the published layout, put together from the person subset."""
    persons = pd.read_parquet(
        shared_data / "public" / "acs_pums" / "acs2016_1yr_seattle_p_subset.parquet"
    )
    persons = persons[~persons["RELP"].isin([16, 17])].assign(ST=53, RT="P")
    persons["SPORDER"] = persons.groupby("SERIALNO").cumcount() + 1
    heads = persons[persons["RELP"] == 0].rename(columns={"PWGTP": "WGTP"})
    heads = heads.rename(columns={f"pwgtp{i}": f"WGTP{i}" for i in range(1, 81)})
    heads = heads.assign(RT="H", TYPE=1)
    heads["NP"] = heads["SERIALNO"].map(persons.groupby("SERIALNO").size())
    columns = ["RT", "SERIALNO", "ST", "PUMA", "TYPE", "NP", "WGTP"]
    columns += [f"WGTP{i}" for i in range(1, 81)]
    heads[columns].to_csv(folder / "psam_h53.csv", index=False)
    persons[persons["SERIALNO"].isin(heads["SERIALNO"])].to_csv(
        folder / "psam_p53.csv", index=False
    )
    return folder / "psam_h53.csv", folder / "psam_p53.csv"


@pytest.mark.slow
def test_recs_is_fused_onto_real_pumas_and_lands_on_the_real_map(
    tmp_path: Path, shared_data: Path, recs: Survey
):
    housing, person = seattle_files(shared_data, tmp_path)
    dictionary = shared_data / "public" / "dictionary" / "PUMS_Data_Dictionary_2016.txt.gz"
    seattle = read_acs_pums(housing, person, dictionary, vintage="2016")
    pair = SurveyPair(recs.id, seattle.id)
    usable = applicable_harmonies(published(shared_data, "2016", pair), recs, seattle)
    assert {"hhage__agep", "nhsldmem__np"} <= set(usable.keys)

    workspace, run = fused(tmp_path / "seattle", recs, seattle, usable.harmonies, ("kwh",))
    boundaries = import_boundaries(shared_data / "public" / "geo" / "us_puma10_moderate.gpkg")
    write_areas(workspace, boundaries, "puma")
    areas = read_areas(workspace, "puma")
    assert len(areas) == 2351

    table = area_estimates(workspace, run, Statistic("mean", "kwh"), by=("puma",))
    assert sorted(table["puma"]) == SEATTLE
    assert set(table["puma"]) <= set(areas["area_id"])
    assert (table["moe"] > 0).all()

    # Person counts of ACS alone need no fusion and use all 80 replicate weights.
    households = survey_area_estimates(workspace, seattle.id, Statistic("count"), by=("puma",))
    weights = seattle.table("household").groupby("puma", observed=True)["weight"].sum()
    assert households.set_index("puma")["estimate"].to_dict() == pytest.approx(weights.to_dict())
