"""What was read is read again after any change of its files, whatever the clock says."""

import os

from fusion_core.estimates.runs.estimate_cache import stamp


def test_a_file_changed_after_the_clock_went_back_is_another_file(tmp_path):
    for name in ("first", "second"):
        (tmp_path / name).write_text(name)
        os.utime(tmp_path / name, (2_000, 2_000))
    os.utime(tmp_path, (2_000, 2_000))
    before = stamp(tmp_path)

    assert stamp(tmp_path) == before
    os.utime(tmp_path / "second", (1_000, 1_000))  # written anew while the clock was behind
    assert stamp(tmp_path) != before


def test_what_is_not_there_has_the_stamp_zero(tmp_path):
    assert stamp(tmp_path / "nothing") == 0
    (tmp_path / "nothing").write_text("")
    assert stamp(tmp_path / "nothing") != 0
