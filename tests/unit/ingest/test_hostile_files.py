"""Files made to take all memory are refused before they do."""

import tracemalloc
import zipfile
from pathlib import Path

import psutil
import pytest

from fusion_core.ingest.tables import FileProblemsError, read_raw_table


def packed(path: Path, content: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("survey.csv", content)
    return path


def test_a_zip_that_unpacks_a_thousandfold_is_refused_before_it_is_unpacked(tmp_path: Path):
    path = packed(tmp_path / "bomb.zip", b"id,x\n" + b"1,1\n" * 15_000_000)
    assert path.stat().st_size < 300_000
    tracemalloc.start()
    try:
        with pytest.raises(FileProblemsError, match=r"would unpack from .* kB to 60 MB"):
            read_raw_table(path)
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()


def test_a_table_of_many_equal_rows_that_is_small_is_read(tmp_path: Path):
    table = read_raw_table(packed(tmp_path / "fine.zip", b"id,x\n" + b"1,1\n" * 100_000))
    assert len(table.frame) == 100_000


def test_a_zip_larger_than_the_memory_that_is_free_is_told_so(tmp_path: Path, monkeypatch):
    path = packed(tmp_path / "large.zip", b"id,x\n" + b"1,1\n" * 10_000)
    free = psutil.virtual_memory()._replace(available=10_000)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: free)
    with pytest.raises(FileProblemsError, match=r"unpacks to 40 kB, and 10 kB of memory are free"):
        read_raw_table(path)


def test_far_too_many_columns_are_told_at_once(tmp_path: Path):
    path = tmp_path / "wide.csv"
    names = ",".join(f"c{number}" for number in range(100_000))
    path.write_text(f"{names}\n{','.join('1' * 100_000)}\n")
    with pytest.raises(
        FileProblemsError, match=r"has 100,000 columns, and a survey at most 20,000"
    ):
        read_raw_table(path)
