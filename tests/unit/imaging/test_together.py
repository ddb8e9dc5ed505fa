"""What stands on the disk afterwards, and what does not."""

import os
import re
from pathlib import Path

import pytest

from liftveil.errors import OutputExists, OutputNotWritten
from liftveil.imaging import all_or_none, check_folder, whole_folder

RESULTS = re.compile(r"\d\d-result\.txt")


def content(folder):
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def unwritable(monkeypatch):
    """Make the system refuse new folders below one folder, whoever runs the tests."""

    def refuse(folder):
        original = Path.mkdir

        def mkdir(path, *arguments, **options):
            if folder in path.absolute().parents:
                raise PermissionError(13, "Permission denied")
            original(path, *arguments, **options)

        monkeypatch.setattr(Path, "mkdir", mkdir)

    return refuse


class TestAllOrNone:
    def fill(self, *files, error=None):
        with all_or_none(files):
            for file in files[:-1]:  # the last is not reached
                file.write_text("new")
            if error:
                raise error

    def test_files_stay_when_the_work_ends_well(self, tmp_path):
        self.fill(tmp_path / "a", tmp_path / "b", tmp_path / "c")
        assert content(tmp_path) == {"a": "new", "b": "new"}

    @pytest.mark.parametrize("error", [ZeroDivisionError, KeyboardInterrupt])
    def test_new_files_go_when_it_fails_and_older_ones_stay(self, tmp_path, error):
        (tmp_path / "b").write_text("old")
        with pytest.raises(error):
            self.fill(tmp_path / "a", tmp_path / "b", tmp_path / "c", error=error)
        assert content(tmp_path) == {"b": "new"}  # as far as the writer got


class TestWholeFolder:
    def fill(self, folder, *names, force=False, error=None):
        with whole_folder(folder, force=force, replaces=RESULTS) as hidden:
            for name in names:
                (hidden / name).write_text("new")
            if error:
                raise error
        return hidden

    @pytest.mark.parametrize("name", ["out", "a/b/out"])
    def test_appears_with_everything_in_it(self, tmp_path, name):
        with whole_folder(tmp_path / name, force=False, replaces=RESULTS) as hidden:
            (hidden / "01-result.txt").write_text("new")
            assert not (tmp_path / name).exists()
            assert hidden.name.startswith(".liftveil-")
        assert content(tmp_path) == {f"{name}/01-result.txt": "new"}

    def test_has_the_permissions_of_any_folder(self, tmp_path):
        (tmp_path / "ordinary").mkdir()
        self.fill(tmp_path / "out", "a.txt")
        assert (tmp_path / "out").stat().st_mode == (tmp_path / "ordinary").stat().st_mode

    @pytest.mark.parametrize("existed", [True, False])
    @pytest.mark.parametrize("error", [ZeroDivisionError, KeyboardInterrupt])
    def test_leaves_nothing_behind_when_the_work_fails(self, tmp_path, existed, error):
        folder = tmp_path / "a" / "out"
        if existed:
            folder.mkdir(parents=True)
        before = sorted(tmp_path.rglob("*"))
        with pytest.raises(error):
            self.fill(folder, "01-result.txt", error=error)
        assert sorted(tmp_path.rglob("*")) == before

    def test_may_exist_if_it_is_empty(self, tmp_path, monkeypatch):
        (tmp_path / "out").mkdir()
        monkeypatch.chdir(tmp_path / "out")
        self.fill(Path(), "01-result.txt")
        assert content(tmp_path / "out") == {"01-result.txt": "new"}

    def test_is_filled_from_inside_if_it_exists(self, tmp_path):
        (tmp_path / "out").mkdir()  # perhaps a disk of its own, and the folder above read-only
        assert self.fill(tmp_path / "out", "a.txt").parent == tmp_path / "out"
        assert self.fill(tmp_path / "new" / "out", "a.txt").parent == tmp_path

    def test_with_content_is_refused(self, tmp_path):
        (tmp_path / "mine.txt").write_text("precious")
        for refused in (lambda: check_folder(tmp_path, force=False), lambda: self.fill(tmp_path, "a")):
            with pytest.raises(OutputExists, match="is not empty; choose another folder"):
                refused()
        assert content(tmp_path) == {"mine.txt": "precious"}

    def test_with_content_gets_the_new_results_and_keeps_what_is_none(self, tmp_path):
        for name in ("01-result.txt", "02-result.txt", "mine.txt", "x02-result.txt"):
            (tmp_path / name).write_text("old")
        check_folder(tmp_path, force=True)
        self.fill(tmp_path, "01-result.txt", "report.json", force=True)
        assert content(tmp_path) == {
            "01-result.txt": "new",
            "report.json": "new",
            "mine.txt": "old",
            "x02-result.txt": "old",
        }
        assert [path for path in tmp_path.iterdir() if path.is_dir()] == []

    def test_keeps_old_results_when_the_work_fails(self, tmp_path):
        (tmp_path / "01-result.txt").write_text("old")
        with pytest.raises(ZeroDivisionError):
            self.fill(tmp_path, "01-result.txt", force=True, error=ZeroDivisionError)
        assert content(tmp_path) == {"01-result.txt": "old"}

    def test_gets_the_last_file_last(self, tmp_path, monkeypatch):
        order, original = [], Path.replace

        def replace(path, target):
            order.append(path.name)
            return original(path, target)

        monkeypatch.setattr(Path, "replace", replace)
        with whole_folder(tmp_path, force=True, replaces=RESULTS) as hidden:
            for age, name in enumerate(["c", "a", "b"]):
                (hidden / name).write_text("new")
                os.utime(hidden / name, (age, age))
        assert order == ["c", "a", "b"]

    def test_that_is_a_file_is_refused(self, tmp_path):
        (tmp_path / "taken").write_text("precious")
        with pytest.raises(OutputNotWritten, match=r"taken: cannot be written \(Not a directory\)"):
            self.fill(tmp_path / "taken", "a", force=True)
        assert content(tmp_path) == {"taken": "precious"}

    @pytest.mark.parametrize("name", [".", "new"])
    def test_that_cannot_be_written_is_refused(self, tmp_path, unwritable, name):
        unwritable(tmp_path)
        with pytest.raises(OutputNotWritten, match="Permission denied") as refusal:
            self.fill(tmp_path / name, "a")
        assert refusal.value.path == str(tmp_path / name)
        assert list(tmp_path.iterdir()) == []
