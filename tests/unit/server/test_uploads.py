"""Nothing of what visitors sent stays when their page, or the server, is gone."""

import os
import signal
import stat
import subprocess
import sys
import tempfile

import pytest

from harmony_app.shell.uploads import Uploads


@pytest.fixture(autouse=True)
def temporary(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_files_go_with_the_page_and_the_rest_with_the_server(temporary):
    uploads = Uploads()
    mine, theirs = uploads.folder(), uploads.folder()
    for each in (mine, theirs):
        (each.path / "recs.csv").write_text("id\n")
    mine.clear()
    assert not mine.path.exists()
    assert (theirs.path / "recs.csv").exists()
    uploads.close()
    assert list(temporary.iterdir()) == []
    theirs.clear()


def test_a_page_that_is_collected_leaves_nothing():
    uploads = Uploads()
    path = uploads.folder().path
    assert not path.exists()
    uploads.close()


def test_others_on_the_computer_cannot_read_what_was_sent():
    uploads = Uploads()
    folder = uploads.folder()
    assert stat.S_IMODE(folder.path.parent.stat().st_mode) == 0o700
    uploads.close()


@pytest.mark.skipif(sys.platform == "win32", reason="which tells no living owners from dead ones")
def test_what_a_killed_server_left_is_removed_by_the_next_one_but_not_a_living_ones(temporary):
    script = (
        "import time; from harmony_app.shell.uploads import Uploads; "
        "u = Uploads(); f = u.folder(); (f.path / 'recs.csv').write_text('id'); "
        "print('ready', flush=True); time.sleep(60)"
    )
    environment = os.environ | {"TMPDIR": str(temporary)}
    servers = [
        subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, env=environment)
        for _ in range(2)
    ]
    for server in servers:
        server.stdout.readline()
    assert len(list(temporary.glob("harmony-uploads-*/*/recs.csv"))) == 2
    os.kill(servers[0].pid, signal.SIGKILL)
    servers[0].wait()
    uploads = Uploads()
    uploads.folder()
    assert len(list(temporary.glob("harmony-uploads-*/*/recs.csv"))) == 1
    uploads.close()
    servers[1].kill()
    for server in servers:
        server.wait()
        server.stdout.close()
