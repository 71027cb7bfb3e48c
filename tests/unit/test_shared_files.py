"""A test without its file of the shared data is skipped, or fails where the data are expected."""

import pytest
from shared_files import SharedPath


@pytest.fixture
def shared(tmp_path, monkeypatch):
    (tmp_path / "public").mkdir()
    (tmp_path / "public" / "here.csv").write_text("a\n1\n")
    monkeypatch.setattr(SharedPath, "required", False)
    return SharedPath(tmp_path)


def test_a_file_that_is_there_is_read(shared):
    assert (shared / "public" / "here.csv").read_text() == "a\n1\n"
    assert [path.name for path in (shared / "public").glob("*.csv")] == ["here.csv"]


@pytest.mark.parametrize("required", [False, True])
def test_an_absent_file_is_named(shared, monkeypatch, required):
    monkeypatch.setattr(SharedPath, "required", required)
    outcome = pytest.fail.Exception if required else pytest.skip.Exception
    with pytest.raises(outcome, match=r"gone/there\.csv, which are not there"):
        shared / "gone" / "there.csv"
    with pytest.raises(outcome, match="gone, which"):
        (shared / "gone").glob("*")


def test_a_file_that_may_be_absent_is_nobody_s_loss(shared):
    assert not (shared / "public" / "here.csv").with_name("other.csv").exists()
