import errno
import os
import stat
import threading
from pathlib import Path

import pytest

from liftveil.errors import OutputExists, OutputNotWritten
from liftveil.imaging.atomic import atomic_write_bytes, check_target


@pytest.fixture(params=["unnamed", "hidden"], autouse=True)
def temporary(request, monkeypatch):
    """How a file lies there before it has its name: not at all, or, on other systems and disks, hidden."""
    if request.param == "hidden":
        monkeypatch.delattr(os, "O_TMPFILE", raising=False)
    return request.param


@pytest.fixture
def target(tmp_path):
    return tmp_path / "result.json"


def files_in(folder):
    return sorted(file.name for file in folder.iterdir())


def when_flushed(monkeypatch, action):
    """Run an action at the moment when the bytes are written but have no name yet."""
    monkeypatch.setattr(os, "fsync", lambda _: action())


def refuse_links(monkeypatch):
    def refuse(*_, **_options):
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    monkeypatch.setattr(os, "link", refuse)


def fail_with(code):
    raise OSError(code, os.strerror(code))


@pytest.mark.parametrize("force", [False, True])
def test_file_holds_the_bytes_and_nothing_else_is_left(target, force):
    atomic_write_bytes(target, b"\x00\xff data", force=force)
    assert target.read_bytes() == b"\x00\xff data"
    assert files_in(target.parent) == ["result.json"]


def test_path_may_be_a_string_in_the_current_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    atomic_write_bytes("plain.bin", b"1")
    assert files_in(tmp_path) == ["plain.bin"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no umask")
@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
def test_permissions_are_those_that_the_umask_grants(target, umask, mode):
    before = os.umask(umask)
    try:
        atomic_write_bytes(target, b"1")
        assert os.umask(umask) == umask
    finally:
        os.umask(before)
    assert stat.S_IMODE(target.stat().st_mode) == mode


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
def test_half_written_file_is_hidden_and_private(target, temporary, monkeypatch):
    seen = []

    def look():
        seen.extend((path.name, stat.S_IMODE(path.stat().st_mode)) for path in target.parent.iterdir())

    when_flushed(monkeypatch, look)
    atomic_write_bytes(target, b"1")
    if temporary == "unnamed":
        assert seen == []
    else:
        [(name, mode)] = seen
        assert name.startswith(".")
        assert mode == 0o600


def test_existing_file_is_kept_without_force(target):
    target.write_bytes(b"old")
    with pytest.raises(OutputExists, match=r"result\.json: exists already; choose another name"):
        atomic_write_bytes(target, b"new")
    assert target.read_bytes() == b"old"


def test_existing_file_is_replaced_with_force(target):
    target.write_bytes(b"old")
    atomic_write_bytes(target, b"new", force=True)
    assert target.read_bytes() == b"new"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o755])
def test_what_replaces_a_file_keeps_its_permissions(target, mode):
    target.write_bytes(b"old")
    target.chmod(mode)
    atomic_write_bytes(target, b"new", force=True)
    assert stat.S_IMODE(target.stat().st_mode) == mode


@pytest.mark.skipif(os.name == "nt", reason="links take permissions on Windows")
def test_of_a_link_the_file_behind_it_is_replaced(target, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    file = tmp_path / "elsewhere" / "file.json"
    file.write_bytes(b"old")
    target.symlink_to(file)
    with pytest.raises(OutputExists):
        atomic_write_bytes(target, b"new")
    assert file.read_bytes() == b"old"
    atomic_write_bytes(target, b"new", force=True)
    assert target.is_symlink()
    assert file.read_bytes() == b"new"
    assert files_in(file.parent) == ["file.json"]


def test_half_a_character_is_no_name():
    with pytest.raises(OutputNotWritten, match="is no valid file name"):
        atomic_write_bytes("\ud800.png", b"1")


@pytest.mark.parametrize("with_links", [True, False])
def test_file_that_appears_meanwhile_is_kept_without_force(target, monkeypatch, with_links):
    if not with_links:
        refuse_links(monkeypatch)
    when_flushed(monkeypatch, lambda: target.write_bytes(b"rival"))
    with pytest.raises(OutputExists):
        atomic_write_bytes(target, b"ours")
    assert target.read_bytes() == b"rival"
    assert files_in(target.parent) == ["result.json"]


def test_of_many_writers_without_force_exactly_one_wins(target):
    outcomes = []
    start = threading.Barrier(8)

    def write(number):
        start.wait()
        try:
            atomic_write_bytes(target, bytes([number]) * 10_000)
            outcomes.append(number)
        except OutputExists:
            outcomes.append(None)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    winners = [number for number in outcomes if number is not None]
    assert len(outcomes) == 8
    assert len(winners) == 1
    assert target.read_bytes() == bytes(winners) * 10_000


def test_disk_without_hard_links_serves_as_well(target, monkeypatch):
    refuse_links(monkeypatch)
    atomic_write_bytes(target, b"1")
    assert target.read_bytes() == b"1"
    assert files_in(target.parent) == ["result.json"]


def test_reserved_name_is_given_back_when_the_last_step_fails(target, monkeypatch):
    refuse_links(monkeypatch)
    monkeypatch.setattr(Path, "replace", lambda *_: fail_with(errno.EIO))
    with pytest.raises(OutputNotWritten, match="Input/output error"):
        atomic_write_bytes(target, b"1")
    assert files_in(target.parent) == []


def test_disk_that_knows_no_permissions_serves_as_well(target, monkeypatch):
    monkeypatch.setattr(Path, "chmod", lambda *_: fail_with(errno.EPERM))
    atomic_write_bytes(target, b"1")
    assert target.read_bytes() == b"1"


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (errno.ENOSPC, "the disk is full; free some space"),
        (errno.EDQUOT, "the disk quota is used up"),
        (errno.EROFS, "the disk is read-only; choose another folder"),
        (errno.EACCES, "permission denied; choose a folder you may write to"),
        (errno.EIO, "Input/output error; choose another place"),
    ],
)
@pytest.mark.parametrize("force", [False, True])
def test_failure_is_told_and_leaves_everything_as_it_was(target, monkeypatch, code, words, force):
    if force:
        target.write_bytes(b"old")
    when_flushed(monkeypatch, lambda: fail_with(code))
    with pytest.raises(OutputNotWritten, match=words) as refusal:
        atomic_write_bytes(target, b"new", force=force)
    assert refusal.value.path == str(target)
    assert files_in(target.parent) == (["result.json"] if force else [])
    assert not force or target.read_bytes() == b"old"


def test_interruption_leaves_nothing_behind(target, monkeypatch):
    def interrupt():
        raise KeyboardInterrupt

    when_flushed(monkeypatch, interrupt)
    with pytest.raises(KeyboardInterrupt):
        atomic_write_bytes(target, b"1")
    assert files_in(target.parent) == []


@pytest.mark.parametrize("write", [check_target, lambda path, force=False: atomic_write_bytes(path, b"1", force=force)])
class TestRefusedEarlyAndLate:
    def test_missing_folder(self, tmp_path, write):
        with pytest.raises(OutputNotWritten, match="its folder does not exist; create the folder first"):
            write(tmp_path / "none" / "x.json")

    def test_parent_that_is_a_file(self, tmp_path, write):
        (tmp_path / "file").write_bytes(b"")
        with pytest.raises(OutputNotWritten, match="its folder is not a folder"):
            write(tmp_path / "file" / "x.json")

    def test_folder_as_target(self, tmp_path, write):
        with pytest.raises(OutputNotWritten, match="is a folder; give the name of a file"):
            write(tmp_path, force=True)

    @pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
    def test_device_or_pipe_is_not_replaced(self, target, write):
        os.mkfifo(target)
        with pytest.raises(OutputNotWritten, match="is not a regular file"):
            write(target, force=True)
        assert stat.S_ISFIFO(target.stat().st_mode)

    def test_link_to_nowhere_counts_as_existing(self, target, write):
        target.symlink_to("nowhere")
        with pytest.raises(OutputExists):
            write(target)
        assert target.is_symlink()

    def test_folder_without_write_permission(self, target, write, monkeypatch):
        monkeypatch.setattr(os, "access", lambda *_: False)
        with pytest.raises(OutputNotWritten, match="permission denied"):
            write(target)

    def test_name_with_a_zero_byte(self, tmp_path, write):
        with pytest.raises(OutputNotWritten, match="no valid file name"):
            write(f"{tmp_path}/a\0b")

    def test_name_that_is_too_long(self, tmp_path, write):
        with pytest.raises(OutputNotWritten, match="the name is too long; choose a shorter name"):
            write(tmp_path / ("x" * 300))


def test_longest_allowed_name_can_be_written(tmp_path):
    atomic_write_bytes(tmp_path / ("x" * 255), b"1")
    assert files_in(tmp_path) == ["x" * 255]
