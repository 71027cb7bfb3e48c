"""The tour leads through the demo and nowhere else."""

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from fusion_core.demo import build_demo, exercises
from fusion_core.workspace.layout import Workspace
from harmony_app.serve import PLACES
from harmony_app.shell.tour import demo_tour


def test_a_teams_own_workspace_has_no_tour(tmp_path: Path):
    assert demo_tour(Workspace.create(tmp_path / "own")) == ()


def test_a_damaged_demo_file_only_costs_the_tour(tmp_path: Path):
    workspace = Workspace.create(tmp_path / "demo")
    (workspace.path / "demo.json").write_text('{"donor": "DEMO')
    assert demo_tour(workspace) == ()


def test_the_tour_visits_every_place_in_order_and_every_open_harmony(tmp_path: Path):
    workspace = build_demo(tmp_path / "demo", quick=True)
    stops = demo_tour(workspace)
    places = [urlsplit(stop.address).path.strip("/") for stop in stops]
    # The checklist is where one comes from.
    visited = [place.path for place in PLACES if place.path != "begin"]
    assert list(dict.fromkeys(places)) == visited
    asked = [parse_qs(urlsplit(stop.address).query) for stop in stops]
    matched = {(query["donor"][0], query["recipient"][0]) for query in asked if "donor" in query}
    assert matched == {(item.donor, item.recipient) for item in exercises()}
