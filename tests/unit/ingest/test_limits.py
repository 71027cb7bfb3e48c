"""An import takes so much memory and time and no more, in the app and on the command line alike."""

import gzip
import os
import signal
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import pandas as pd
import psutil
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fusion_core.errors import Cancelled, ConflictError, InputError
from fusion_core.ingest import apart
from fusion_core.ingest.apart import WaitingImport
from fusion_core.ingest.limits import ImportLimits, memory_limited, try_within
from fusion_core.ingest.readers import ImportRequest
from fusion_core.ingest.tables import FileProblemsError, read_raw_table
from fusion_core.memory_share import machine_memory
from fusion_core.surveys import SurveyId
from fusion_core.workspace.layout import Workspace

HOMES = SurveyId("HOMES", "2020")


@pytest.fixture
def workspace(tmp_path) -> Workspace:
    return Workspace.create(tmp_path / "ws")


@pytest.fixture
def homes(tmp_path) -> ImportRequest:
    frame = pd.DataFrame({"id": range(40), "kwh": [float(n) for n in range(40)]})
    frame.to_csv(tmp_path / "homes.csv", index=False)
    return request(tmp_path / "homes.csv")


def request(path: Path) -> ImportRequest:
    return ImportRequest("generic", {"household": path}, HOMES.name, HOMES.vintage)


@pytest.fixture
def hungry(tmp_path) -> ImportRequest:
    """A file of 3 MB whose half million rows all differ: gigabytes while it is read."""
    path = tmp_path / "hungry.parquet"
    rows = 4_000_000
    columns = {f"c{number}": pa.array(range(rows)) for number in range(12)}
    pq.write_table(pa.table(columns), path, compression="zstd")
    return request(path)


def hidden(workspace: Workspace) -> list[str]:
    return [path.name for path in workspace.surveys_folder.glob(".*")]


def test_what_was_read_elsewhere_waits_and_is_stored_on_request(workspace, homes):
    told = []
    with WaitingImport(workspace) as waiting:
        found = waiting.read(homes, lambda share, sentence: told.append((share, sentence)))
        assert found.survey is not None
        assert (found.survey.id, found.survey.households) == (HOMES, 40)
        assert "Keys" in [fact.title for fact in found.facts]
        assert workspace.survey_ids() == []
        waiting.store()
        assert sorted(workspace.survey(HOMES).household["kwh"]) == list(range(40))
    assert told
    assert hidden(workspace) == []


def test_what_was_not_stored_is_given_up_with_its_page(workspace, homes):
    waiting = WaitingImport(workspace)
    waiting.read(homes)
    assert len(hidden(workspace)) == 1
    waiting.close()
    assert hidden(workspace) == []
    with pytest.raises(InputError, match="Nothing was read"):
        waiting.store()


def test_a_survey_stored_meanwhile_is_not_replaced_unasked_and_mine_still_waits(workspace, homes):
    with WaitingImport(workspace) as mine, WaitingImport(workspace) as theirs:
        mine.read(homes)
        theirs.read(homes)
        theirs.store(may_replace=False)
        with pytest.raises(ConflictError, match="meanwhile"):
            mine.store(may_replace=False)
        mine.store(may_replace=True)
    assert workspace.survey_ids() == [HOMES]


def test_wrong_files_are_told_as_in_the_same_process(workspace, tmp_path):
    (tmp_path / "bad.csv").write_text("id,kwh\n1,2,3\n")
    with WaitingImport(workspace) as waiting:
        found = waiting.read(request(tmp_path / "bad.csv"))
    assert found.survey is None
    assert "bad.csv" in found.problems[0].where


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="other systems cannot limit a process")
def test_files_that_need_more_memory_are_told_so_and_take_it_from_nobody(workspace, hungry):
    own = psutil.Process().memory_info().rss
    limits = ImportLimits(memory=300_000_000, seconds=300)
    with WaitingImport(workspace, limits) as waiting:
        (problem,) = waiting.read(hungry).problems
    assert "more than the 300 MB of memory an import may take here" in problem.what
    assert "fewer states or years" in problem.fix
    assert psutil.Process().memory_info().rss - own < 100_000_000
    assert hidden(workspace) == []


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="other systems cannot limit a process")
def test_the_command_line_says_the_same(hungry, workspace):
    command = [sys.executable, "-m", "fusion_core.cli.main", "survey", "add", "--memory", "200"]
    command += ["--household", str(hungry.files["household"]), "--name", "HOMES"]
    command += ["--vintage", "2020", "-w", str(workspace.path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "more than the 200 MB of memory an import may take here" in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


def test_files_that_take_too_long_are_told_so(workspace, homes):
    with WaitingImport(workspace, ImportLimits(memory=10**12, seconds=0.0)) as waiting:
        (problem,) = waiting.read(homes).problems
    assert "minutes an import may take here" in problem.what


def test_a_process_that_the_system_ends_is_told_and_the_next_import_works(
    workspace, homes, monkeypatch
):
    kill = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
    with monkeypatch.context() as patched:
        real = subprocess.Popen
        patched.setattr(
            apart.subprocess,
            "Popen",
            lambda _, **named: real([sys.executable, "-c", kill], **named),
        )
        with WaitingImport(workspace) as waiting:
            (problem,) = waiting.read(homes).problems
    assert "was ended by the system" in problem.what
    with WaitingImport(workspace) as waiting:
        assert waiting.read(homes).survey is not None


def test_who_leaves_ends_the_process_at_once(workspace, homes):
    of_other_tests = {each.pid for each in psutil.Process().children()}
    waiting, outcome = WaitingImport(workspace), []

    def read() -> None:
        try:
            waiting.read(homes, lambda *_: waiting.close())
        except Cancelled as error:
            outcome.append(error)

    thread = threading.Thread(target=read)
    thread.start()
    thread.join(timeout=60)
    assert len(outcome) == 1
    assert hidden(workspace) == []
    assert not [
        each
        for each in psutil.Process().children()
        if each.is_running() and each.status() != "zombie" and each.pid not in of_other_tests
    ]


@pytest.mark.skipif(sys.platform == "win32", reason="which tells no living writers from dead ones")
def test_the_next_import_removes_what_killed_servers_left(workspace, homes):
    script = (
        "import sys, time; from pathlib import Path; "
        "from fusion_core.ingest.apart import WaitingImport; "
        "from fusion_core.workspace.layout import Workspace; "
        "w = WaitingImport(Workspace.open(Path(sys.argv[1]))); w._open(); "
        "print('ready', flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", script, str(workspace.path)]
    server = subprocess.Popen(command, stdout=subprocess.PIPE)
    server.stdout.readline()
    with WaitingImport(workspace) as waiting:
        waiting.read(homes)
        assert len(hidden(workspace)) == 2, "another server lives"
    os.kill(server.pid, signal.SIGKILL)
    server.wait()
    server.stdout.close()
    with WaitingImport(workspace) as waiting:
        waiting.read(homes)
        assert len(hidden(workspace)) == 1
    assert workspace.survey_ids() == []


def test_a_gzip_bomb_is_refused_before_it_takes_all_memory(tmp_path):
    path = tmp_path / "bomb.csv.gz"
    with gzip.open(path, "wb") as stream:
        stream.write(b"id,x\n")
        for _ in range(40):
            stream.write(b"1,1\n" * 1_000_000)
    with pytest.raises(FileProblemsError, match=r"would unpack from .* as no table of a survey"):
        read_raw_table(path)


def test_a_parquet_file_of_a_few_kilobytes_and_a_billion_rows_is_told_from_its_outline(
    tmp_path, monkeypatch
):
    path = tmp_path / "wide.parquet"
    pq.write_table(pa.table({"x": pa.array([1] * 1_000_000)}), path)
    free = psutil.virtual_memory()._replace(available=1_000_000)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: free)
    with pytest.raises(FileProblemsError, match="1,000,000 rows of 1 columns"):
        read_raw_table(path)


def test_an_archive_within_an_archive_is_not_unpacked(tmp_path):
    inner = tmp_path / "inner.zip"
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("survey.csv", b"id,x\n1,1\n")
    outer = tmp_path / "outer.zip"
    with zipfile.ZipFile(outer, "w") as archive:
        archive.write(inner, "inner.zip")
    with pytest.raises(FileProblemsError, match=r"holds no matching CSV file but inner\.zip"):
        read_raw_table(outer)


def test_a_limit_is_lifted_afterwards(homes):
    import resource

    before = resource.getrlimit(resource.RLIMIT_DATA)
    with memory_limited(10**10):
        assert resource.getrlimit(resource.RLIMIT_DATA) != before
    assert resource.getrlimit(resource.RLIMIT_DATA) == before
    assert try_within(homes).survey is not None


def test_no_limit_is_more_than_the_machine_has():
    assert 0 < ImportLimits.usual(share=0.5).memory <= machine_memory()
    assert machine_memory() <= psutil.virtual_memory().total
