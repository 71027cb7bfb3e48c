"""Locks say at once where there are none, and blame no colleague for it."""

import errno
import os
import time

import pytest

from fusion_core.errors import ConflictError, InputError
from fusion_core.workspace.locks import exclusive, one_writer

PATIENCE = 20.0


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS])
def test_a_file_system_without_locks_is_told_at_once(tmp_path, monkeypatch, number):
    def refuse(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("fcntl.flock", refuse)
    (tmp_path / "x.lock").touch()  # as everybody who worked here left it
    began = time.monotonic()
    with (
        pytest.raises(InputError, match=r"cannot be changed: .*mount its drive with file locks"),
        one_writer(tmp_path / "x.lock", "The recodes", seconds=PATIENCE),
    ):
        pass
    assert time.monotonic() - began < PATIENCE / 2


def test_who_holds_a_lock_is_waited_for_and_then_told_of(tmp_path):
    busy = ConflictError("Somebody is faster")
    with (
        exclusive(tmp_path / "x.lock", seconds=1, busy=busy, failed="Nothing can be done"),
        pytest.raises(ConflictError, match="Somebody is faster"),
        exclusive(tmp_path / "x.lock", seconds=0.05, busy=busy, failed="Nothing can be done"),
    ):
        pass


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_says_so(tmp_path):
    tmp_path.chmod(0o500)
    with (
        pytest.raises(InputError, match="permissions"),
        one_writer(tmp_path / "x.lock", "The recodes", seconds=PATIENCE),
    ):
        pass
