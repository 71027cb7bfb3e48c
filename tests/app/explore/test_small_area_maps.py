"""Tracts and block groups on the map: offered where households are allocated, merged until reliable."""

import dataclasses

import pytest
from sent_files import send

from fusion_core.demo import RECIPIENT, build_demo
from fusion_core.demo.world.settings import DemoSize
from fusion_core.downscaling import DownscaleRequest, downscale
from fusion_core.errors import InputError
from fusion_core.estimates import Statistic
from fusion_core.estimates.runs import EstimateCache
from fusion_core.geography.boundaries import areas_path
from harmony_app.explore.data import Estimator, read_catalogue, true_value
from harmony_app.explore.data import _small_areas as module
from harmony_app.explore.view import (
    EstimateRequest,
    ExploreState,
    HatchRule,
    estimate_request,
    from_query,
    to_query,
)

TINY = DemoSize((2,), 2, 8_000, 1_200, 400)
MEAN = Statistic("mean", "hincp")


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DemoSize, "quick", classmethod(lambda _: TINY))
        found = build_demo(tmp_path_factory.mktemp("maps") / "workspace", quick=True)
    tables = found.path / "tables"
    request = DownscaleRequest(
        "bg", RECIPIENT, (tables / "block_groups.csv",), tables / "constraints.csv", draws=8
    )
    downscale(found, request)
    return found


@pytest.fixture(scope="module")
def source(workspace):
    return read_catalogue(workspace).sources[f"survey:{RECIPIENT}"]


@pytest.fixture(scope="module")
def ask(workspace, source):
    estimator = Estimator(workspace, EstimateCache())

    def answer(kind="block_group", **changes):
        return estimator.answer(source, EstimateRequest(source.id, MEAN, "", kind, **changes), None)

    return answer


def test_small_areas_are_offered_after_those_the_survey_names(source):
    assert source.area_kinds[-2:] == ("tract", "block_group")
    assert source.area_kinds[0] == "puma"


def test_every_block_group_has_a_row_and_an_outline_in_one_order(ask):
    found = ask()
    assert found.shapes.areas["area_id"].tolist() == found.table["area_id"].tolist()
    assert (found.table["moe"] > 0).all()
    assert "Tract 1" in found.table["name"].iloc[0]
    assert "households (median); for a CV of 12 % an area needs about" in found.notes[0]


def test_tracts_are_their_block_groups_joined(ask):
    blocks, tracts = ask(), ask("tract")
    assert len(tracts.table) < len(blocks.table)
    assert tracts.shapes.frame.area.sum() == pytest.approx(blocks.shapes.frame.area.sum())
    assert not tracts.table["name"].str.contains("Block Group").any()


def test_neighbours_are_merged_until_no_area_is_hatched(ask):
    plain, merged = ask(), ask(merge=(0.06, True))
    assert len(merged.table) < len(plain.table)
    assert merged.shapes.frame.area.sum() == pytest.approx(plain.shapes.frame.area.sum())
    assert f"merged with neighbours to {len(merged.table)} areas" in merged.notes[0]
    assert merged.table["name"].str.contains("neighbour|block groups").any()


def test_what_has_no_neighbour_left_is_counted(ask):
    merged = ask("tract", merge=(1e-6, True))
    left = int((merged.table["cv"] > 1e-6).sum())
    assert left > 0
    assert f"{left} of them" in merged.notes[0]
    assert "no neighbour left in the county to merge with" in merged.notes[0]


def test_a_place_keeps_its_block_groups_alone(ask, workspace):
    from fusion_core.geography.boundaries import read_areas

    name = read_areas(workspace, "puma")["name"].iloc[0].removesuffix(" PUMA")
    inside = ask(within=name.split("--")[0])
    assert 0 < len(inside.table) < len(ask().table)


def test_what_no_map_could_draw_asks_for_a_place(ask, monkeypatch):
    monkeypatch.setattr(module, "MOST_DRAWN", 3)
    with pytest.raises(InputError, match=r"the map draws up to 3 at once.*Choose a place"):
        ask()


def test_a_breakdown_of_a_small_area_is_refused_in_a_sentence(workspace, source):
    request = EstimateRequest(source.id, MEAN, "", "tract")
    with pytest.raises(InputError, match="of tracts and block groups are not computed"):
        Estimator(workspace, EstimateCache()).breakdown(source, request, "99001000100", "ten")


def test_small_areas_are_ranked_and_compared_by_their_joint_error(workspace, source):
    estimator = Estimator(workspace, EstimateCache())
    request = EstimateRequest(source.id, MEAN, "", "tract")
    answer = estimator.answer(source, request, None)
    ranking = estimator.ranking(source, request)
    assert set(ranking.table["tract"]) == set(answer.table["area_id"])
    assert (ranking.table["best_rank"] <= ranking.table["rank"]).all()
    first, last = ranking.table["tract"].iloc[[0, -1]]
    found = estimator.compare(source, request, (first, last))
    assert found.difference > 0
    assert found.comparisons == len(answer.table) * (len(answer.table) - 1) // 2
    assert estimator.compare_with_all(source, request, first).difference > 0


def test_merged_areas_are_the_ones_that_are_ranked(workspace, source):
    estimator = Estimator(workspace, EstimateCache())
    request = EstimateRequest(source.id, MEAN, "", "block_group", merge=(0.06, True))
    ranking = estimator.ranking(source, request)
    answer = estimator.answer(source, request, None)
    assert set(ranking.table["block_group"]) == set(answer.table["area_id"])


@pytest.fixture
def own(workspace):
    from fusion_core.downscaling import open_allocation, places_of_level

    tracts = sorted(places_of_level(open_allocation(workspace, "bg"), "tract"))
    path = workspace.path / "valley.csv"
    rows = [f"{area},{'North' if place < 2 else 'South'}" for place, area in enumerate(tracts)]
    path.write_text("\n".join(["area,place", *rows]), encoding="utf-8")
    return path


def test_places_of_ones_own_are_sent_kept_mapped_and_ranked(workspace, own):
    from harmony_app.explore.page import ExplorePage
    from harmony_app.shell.session import Session

    session = Session(workspace, "ann", "light", {"var": "hincp", "stat": "mean"})
    page = ExplorePage(session, read_catalogue(workspace), Estimator(workspace, EstimateCache()))
    page.placing.drawer.open.value = True
    form = page.placing.drawer.form
    send(form.file.upload, "valley.csv", own.read_bytes())
    form.name.value = "valley"
    form.keep.clicks += 1
    assert page.state.area_kind == "places:valley"
    table = page._answer.table
    assert sorted(table["name"]) == ["North", "South"]
    assert (table["moe"] > 0).all()
    assert all(item["ranks"] for item in page.side.ranked.items)
    assert "These places have" in page.centre.notes.object
    assert "Households were allocated by published counts" in page.note.text()
    assert "places “valley”" in page.controls.area_kind.options
    assert from_query({"by": "places:valley"}).area_kind == "places:valley"
    form.keep.clicks += 1
    assert "set of places &#39;valley&#39; already" in form.message.object
    send(form.file.upload, "valley.csv", b"area,place\n00000000000,Nowhere\n")
    form.replace.value = True
    form.keep.clicks += 1
    assert "00000000000" in form.message.object


def test_the_truth_of_a_block_group_is_known_in_the_demo(ask, workspace):
    found = ask()
    area = found.table["area_id"].iloc[0]
    assert true_value(workspace, found.request, area) > 0


def test_merging_belongs_to_the_address_and_to_the_question_where_it_matters():
    state = ExploreState(variable="hincp", area_kind="tract", merge=True)
    address = {name: text for name, text in to_query(state).items() if text is not None}
    assert from_query(address).merge
    assert estimate_request(state).merge == (0.40, True)
    points = dataclasses.replace(state, hatch=HatchRule("moe", 0.05))
    assert estimate_request(points).merge == (0.05, False)
    assert estimate_request(dataclasses.replace(state, area_kind="puma")).merge is None
    assert (
        estimate_request(dataclasses.replace(state, hatch=HatchRule.parse("never"))).merge is None
    )


def test_without_boundaries_small_areas_are_not_offered(workspace):
    path = areas_path(workspace, "block_group")
    away = path.rename(path.with_suffix(".away"))
    try:
        assert "tract" not in read_catalogue(workspace).sources[f"survey:{RECIPIENT}"].area_kinds
    finally:
        away.rename(path)
