"""Which files of the server a visitor may name by their path, and how large a file he may send."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from sent_files import piece, send

from fusion_core.errors import InputError
from fusion_core.workspace.layout import Workspace
from harmony_app.access import OPEN, NotAllowed
from harmony_app.shell.sending import FileUpload
from harmony_app.shell.session import Session


@pytest.fixture
def visitor(tmp_path: Path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "recs.csv").touch()
    (tmp_path / "data" / "way-out").symlink_to("/etc")
    (tmp_path / "data-of-others").mkdir()

    def session(*folders: Path) -> Session:
        return Session(Workspace(tmp_path, "T"), "kim", "light", {}, folders=folders)

    return session


def test_a_file_in_a_named_folder_may_be_named(visitor, tmp_path):
    found = visitor(tmp_path / "data").server_file(f" {tmp_path}/data/../data/recs.csv ")
    assert found == tmp_path / "data" / "recs.csv"


@pytest.mark.parametrize(
    "text",
    [
        "/etc/passwd",
        "{data}/../secret.csv",
        "{data}/way-out/passwd",
        "{data}-of-others/recs.csv",
        "~/recs.csv",
        "~nobody-of-this-name/x",
        "a\0b",
        "/proc/self/environ",
    ],
)
def test_nothing_else_is_read(visitor, tmp_path, text):
    with pytest.raises(InputError):
        visitor(tmp_path / "data").server_file(text.format(data=tmp_path / "data"))


def test_without_a_named_folder_nothing_can_be_named(visitor, tmp_path):
    assert not visitor().names_files
    with pytest.raises(InputError, match="Send the file from your computer"):
        visitor().server_file(str(tmp_path / "data" / "recs.csv"))


def test_on_ones_own_computer_any_file_may_be_named(tmp_path):
    session = Session(Workspace(tmp_path, "T"), "kim", "light", {})
    assert session.names_files
    assert session.server_file("/etc/passwd") == Path("/etc/passwd")


def test_a_file_larger_than_allowed_is_refused_and_removed(tmp_path):
    received, failed = [], []
    upload = FileUpload(
        tmp_path, received.append, lambda name, error: failed.append((name, error)), limit=1_000_000
    )
    assert upload.max_file_size == "1MB"
    for number in (1, 2, 3):
        piece = {"name": "a.csv", "data": b"x" * 400_000, "chunk": number, "total_chunks": 3}
        upload._process_event(SimpleNamespace(event_name="upload_event", data=piece))
    ((name, error),) = failed
    assert name == "a.csv"
    assert "more than 1.0 MB" in str(error)
    assert received == []
    assert not (tmp_path / "a.csv").exists()


@pytest.mark.parametrize("how", ["taken back", "refused", "lost"])
def test_pieces_still_on_their_way_are_not_taken_for_a_file(tmp_path, how):
    received = []
    upload = FileUpload(tmp_path / "a", received.append, lambda *_: None, limit=1_000_000)
    upload._process_event(piece("a.csv", b"x" * 600_000, 1, 4))
    if how == "taken back":
        taken_back = SimpleNamespace(event_name="delete_event", data={"name": "a.csv"})
        upload._process_event(taken_back)
    elif how == "lost":
        (tmp_path / "a" / "a.csv").unlink()
    upload._process_event(piece("a.csv", b"x" * 600_000, 2, 4))
    upload._process_event(piece("a.csv", b"x", 3, 4))
    upload._process_event(piece("a.csv", b"x", 4, 4))
    assert not any(received)
    assert list((tmp_path / "a").iterdir()) == []


def test_a_file_takes_the_place_of_the_one_before(tmp_path):
    upload = FileUpload(tmp_path / "files", lambda _: None, lambda *_: None)
    for name in ("a.csv", "b.csv"):
        send(upload, name, b"x")
    assert [path.name for path in (tmp_path / "files").iterdir()] == ["b.csv"]


def test_files_of_the_server_are_named_by_those_who_import(visitor, tmp_path):
    viewers = replace(OPEN, role_of=lambda _: "viewer")
    session = replace(visitor(tmp_path / "data"), door=viewers)
    assert not session.names_files
    with pytest.raises(NotAllowed, match="requires the role of a harmonizer"):
        session.server_file(str(tmp_path / "data" / "recs.csv"))
