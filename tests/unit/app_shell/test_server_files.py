"""Which files of the server a visitor may name by their path, and how large a file he may send."""

import errno
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from sent_files import send

from fusion_core.errors import InputError
from fusion_core.workspace.layout import Workspace
from harmony_app.access import OPEN, NotAllowed
from harmony_app.shell.inbox import stored_name
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


@pytest.fixture
def field(visitor, tmp_path):
    """What a field heard of the files sent to it."""
    received, failed = [], []
    upload = FileUpload(
        visitor(),
        tmp_path / "a",
        received.append,
        lambda name, error: failed.append((name, error)),
        limit=1_000_000,
    )
    return upload, received, failed


def test_a_file_larger_than_allowed_is_refused_before_it_is_read(field, tmp_path):
    upload, received, failed = field
    assert upload.limit == 1_000_000  # the browser tells the same before it sends anything
    with pytest.raises(OSError, match="it has more than 1"):
        upload.inbox.begin("a.csv", 1_000_001)
    ((name, error),) = failed
    assert name == "a.csv"
    assert "more than 1.0 MB" in str(error)
    assert received == []
    assert not (tmp_path / "a").exists()


def test_a_field_shows_what_is_on_the_disk(field, monkeypatch):
    upload, received, _ = field
    monkeypatch.setattr("harmony_app.shell.inbox._TOLD_EVERY_SECONDS", 0.0)
    arrival = upload.inbox.begin("a.csv", 900)
    shown = [dict(upload.shown)]
    for _ in range(3):
        arrival.write(b"x" * 300)
        shown.append(dict(upload.shown))
    assert [each["received"] for each in shown] == [0, 300, 600, 900]
    assert not any(each["whole"] for each in shown)
    assert received == []
    arrival.finish()
    assert upload.shown["whole"]
    assert received[0].read_bytes() == b"x" * 900


@pytest.mark.parametrize("how", ["taken back", "replaced", "lost", "cut off", "left"])
def test_what_is_not_whole_or_not_wanted_is_not_taken_for_a_file(field, tmp_path, how):
    upload, received, failed = field
    arrival = upload.inbox.begin("a.csv", 1_200)
    arrival.write(b"x" * 600)
    if how == "taken back":
        upload._handle_msg("remove")
    elif how == "replaced":
        send(upload, "a.csv", b"y")
    elif how == "lost":
        arrival.lose()
    elif how == "left":
        upload.inbox.folder.joinpath("a.csv").unlink()
        upload.inbox = None
    if how != "cut off":
        arrival.write(b"x" * 600)
    arrival.finish()
    assert [path.read_bytes() for path in received if path] == ([b"y"] if how == "replaced" else [])
    assert failed == []
    left = [path.read_bytes() for path in tmp_path.glob("a/*")]
    assert left == ([b"y"] if how == "replaced" else [])


@pytest.mark.parametrize("full_at", ["open", "write"])
def test_a_full_disk_is_told_and_keeps_nothing(field, tmp_path, monkeypatch, full_at):
    upload, received, failed = field
    full = OSError(errno.ENOSPC, "No space left on device")

    def fails(*_arguments, **_options):
        raise full

    if full_at == "open":
        monkeypatch.setattr("pathlib.Path.open", fails)
        with pytest.raises(OSError, match="No space left"):
            upload.inbox.begin("a.csv", 5)
    else:
        arrival = upload.inbox.begin("a.csv", 5)
        arrival._file = SimpleNamespace(write=fails, close=arrival._file.close)
        with pytest.raises(OSError, match="No space left"):
            arrival.write(b"12345")
    assert failed == [("a.csv", full)]
    assert received == []
    assert upload.shown == {}
    assert list(tmp_path.glob("a/*")) == []


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../../evil.csv", "evil.csv"),
        ("C:\\Users\\kim\\recs.csv", "recs.csv"),
        ("..", "file"),
        ("a/", "file"),
        ("", "file"),
        ("a\0b\n.csv", "ab.csv"),
        ("\u202evsc.exe", "vsc.exe"),
        ("ä" * 300 + ".csv", None),
        ("\ud800.csv", ".csv"),
    ],
)
def test_a_name_leads_nowhere_and_fits_every_file_system(sent, kept):
    name = stored_name(sent)
    assert kept is None or name == kept
    assert len(name.encode()) <= 200
    assert name.endswith((".csv", ".exe", "file"))


def test_a_file_takes_the_place_of_the_one_before(field, tmp_path):
    for name in ("a.csv", "b.csv"):
        send(field[0], name, b"x")
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["b.csv"]


def test_files_of_the_server_are_named_by_those_who_import(visitor, tmp_path):
    viewers = replace(OPEN, role_of=lambda _: "viewer")
    session = replace(visitor(tmp_path / "data"), door=viewers)
    assert not session.names_files
    with pytest.raises(NotAllowed, match="requires the role of a harmonizer"):
        session.server_file(str(tmp_path / "data" / "recs.csv"))
