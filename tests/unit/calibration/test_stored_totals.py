"""Known totals kept in a workspace, and PUMAs calibrated to them."""

import pytest

from fusion_core.calibration import (
    KnownTotal,
    StoredTotals,
    keep_totals,
    open_totals,
    stored_totals,
)
from fusion_core.errors import ConflictError, CorruptFileError, InputError
from fusion_core.estimates import Statistic
from fusion_core.workspace.layout import Workspace

MEAN = KnownTotal("kwh", "", "mean", "all", 10_000.0, 120.0)
SHARE = KnownTotal("fuel", "Gas", "share", "06", 0.6, 0.0)


@pytest.fixture
def workspace(tmp_path):
    return Workspace.create(tmp_path / "w", title="Totals")


def test_totals_come_back_as_they_were_stored(workspace):
    kept = keep_totals(workspace, StoredTotals("recs", (MEAN, SHARE), "hc.csv", "ratio", 1.5))
    assert open_totals(workspace, "recs") == kept
    assert kept.of(Statistic("mean", "kwh")) == (MEAN,)
    assert kept.of(Statistic("share", "fuel", level="Oil")) == ()


def test_a_name_is_replaced_only_when_asked(workspace):
    keep_totals(workspace, StoredTotals("recs", (MEAN,)))
    with pytest.raises(ConflictError, match="has a table of known totals 'recs' already"):
        keep_totals(workspace, StoredTotals("recs", (SHARE,)))
    keep_totals(workspace, StoredTotals("recs", (SHARE,)), may_replace=True)
    assert open_totals(workspace, "recs").totals == (SHARE,)


def test_damaged_totals_hide_no_others_and_are_named(workspace):
    keep_totals(workspace, StoredTotals("good", (MEAN,)))
    (workspace.path / "known_totals" / "bad.json").write_text('{"name": "bad"}')
    found, problems = stored_totals(workspace)
    assert [item.name for item in found] == ["good"]
    assert "The known totals are damaged" in problems[0]
    with pytest.raises(CorruptFileError):
        open_totals(workspace, "bad")
    with pytest.raises(InputError, match="goood"):
        open_totals(workspace, "goood")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"name": "../x"}, "is not a name for known totals"),
        ({"totals": ()}, "No total is given"),
        ({"method": "best"}, "best"),
        ({"factor": 1.0}, "must be above 1"),
    ],
)
def test_what_cannot_be_stored_is_one_sentence(change, sentence):
    with pytest.raises(InputError, match=sentence):
        StoredTotals(**{"name": "x", "totals": (MEAN,), **change})
