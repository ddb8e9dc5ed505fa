"""Studies go on where they were broken off, and find the same whatever happened on the way."""

import json
import threading
import time
from dataclasses import replace
from itertools import pairwise

import pytest
from PIL import Image

from liftveil.errors import LiftveilError, OutputExists, OutputNotWritten, RefusalError, UnreadablePicture
from liftveil.research import FAMILIES, default_processes, pairs_of, record_of, run_study
from liftveil.research.jobs import WORK, Store
from liftveil.research.study import open_study

STEPS = ("exchange", "probe", "flips")


def files(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def times(folder):
    return {path.name: path.stat().st_mtime_ns for path in (folder / "jobs").iterdir()}


@pytest.fixture
def undisturbed(tmp_path, processes, counter, small_study, toys):
    """A small study and its record, done in one go by one process at a time."""
    study, observer = small_study(baselines=toys), counter()
    record = record_of(study, run_study(study, tmp_path / "undisturbed", observer=observer, processes=1))
    processes.asked.clear()
    return study, record, tmp_path / "undisturbed"


class TestJobs:
    def test_all_are_told_and_counted(self, tmp_path, processes, counter, small_study, toys):
        study, observer = small_study(baselines=toys), counter()
        findings = run_study(study, tmp_path / "out", observer=observer, processes=1)
        steps = (*STEPS, *(system.name for system in toys))
        expected = sorted(f"{pair.label}-{step}" for pair in study.pairs for step in steps)
        assert observer.names(fresh=True) == expected
        assert len(study.job_names) == len(expected) == 15
        assert sorted(path.stem for path in (tmp_path / "out" / "jobs").iterdir()) == expected
        assert [set(found) for found in findings.network] == [{"notices", *STEPS}] * 3
        assert {name: len(rows) for name, rows in findings.baselines.items()} == {s.name: 3 for s in toys}
        acts = [act for act, _ in processes.asked]
        assert {act: acts.count(act) for act in acts} == {"hide": 9, "show": 12, "probe": 3}

    def test_nothing_is_left_behind(self, undisturbed):
        _, _, folder = undisturbed
        assert sorted(path.name for path in folder.iterdir()) == ["jobs", "pictures", "study.json"]
        assert len(list((folder / "pictures").iterdir())) == 12

    def test_as_many_processes_work_at_a_time_as_were_asked_for(self, tmp_path, processes, counter, small_study):
        meeting = threading.Barrier(3, timeout=60)  # breaks unless three come together
        processes.before = lambda act, *_: meeting.wait() if act == "hide" else None
        run_study(small_study(), tmp_path / "out", observer=counter(), processes=3)
        assert not meeting.broken

    def test_never_more_than_were_asked_for(self, tmp_path, processes, counter, small_study, toys):
        lock, free = threading.Semaphore(2), []

        def enter(*_):
            free.append(lock.acquire(blocking=False))
            time.sleep(0.01)
            lock.release()

        processes.before = enter
        run_study(small_study(baselines=toys), tmp_path / "out", observer=counter(), processes=2)
        assert free == [True] * 24

    def test_there_is_a_process_for_each_core(self, monkeypatch):
        monkeypatch.setattr("os.sched_getaffinity", lambda _: {0, 3, 5}, raising=False)
        assert default_processes() == 3
        monkeypatch.delattr("os.sched_getaffinity")
        monkeypatch.setattr("os.cpu_count", lambda: 6)
        assert default_processes() == 6


@pytest.mark.usefixtures("processes")
class TestResuming:
    def test_a_second_run_does_nothing(self, undisturbed, processes, counter):
        study, record, folder = undisturbed
        before, observer = times(folder), counter()
        findings = run_study(study, folder, observer=observer, processes=2)
        assert (observer.names(fresh=True), len(observer.names(fresh=False))) == ([], len(study.job_names))
        assert (processes.asked, times(folder)) == ([], before)
        assert record_of(study, findings) == record

    @pytest.mark.parametrize("stop_after", [1, 4, 8, 14])
    def test_no_work_is_done_twice_and_the_end_is_the_same(self, undisturbed, counter, tmp_path, stop_after):
        study, record, whole = undisturbed
        out, first, second = tmp_path / "out", counter(stop_after=stop_after), counter()
        with pytest.raises(LiftveilError, match=r"^enough$"):
            run_study(study, out, observer=first, processes=1)
        assert not (out / WORK).exists()
        before = times(out)
        assert len(before) >= stop_after
        findings = run_study(study, out, observer=second, processes=3)
        assert second.names(fresh=False) == sorted(name.removesuffix(".json") for name in before)
        assert len(second.told) == len(study.job_names)
        assert {name: at for name, at in times(out).items() if name in before} == before
        assert not set(first.names(fresh=True)) & set(second.names(fresh=True))
        assert json.dumps(record_of(study, findings)) == json.dumps(record)
        assert files(out) == files(whole)

    def test_a_job_that_was_broken_off_is_done_anew(self, undisturbed, counter):
        study, record, folder = undisturbed
        (folder / "jobs" / "02-flips.json").write_text('{"key": "')
        (folder / "pictures" / "03-stego.png").unlink()
        observer = counter()
        findings = run_study(study, folder, observer=observer, processes=1)
        assert observer.names(fresh=True) == ["02-flips", "03-exchange"]
        assert record_of(study, findings) == record

    def test_a_changed_picture_is_measured_anew(self, tmp_path, counter, small_study, own_pictures):
        study = small_study(pairs=pairs_of(sorted(own_pictures.iterdir())))
        run_study(study, tmp_path / "out", observer=counter(), processes=1)
        Image.open(own_pictures / "b.png").transpose(Image.Transpose.ROTATE_180).save(own_pictures / "b.png")
        observer = counter()
        run_study(study, tmp_path / "out", observer=observer, processes=1)
        concerned = {pair.label for pair in study.pairs if "b.png" in (pair.cover.name, pair.secret.name)}
        assert {name[:2] for name in observer.names(fresh=True)} == concerned == {"02", "03"}

    def test_another_version_of_a_system_is_measured_anew(self, tmp_path, counter, small_study, toys):
        study = small_study(baselines=toys)
        run_study(study, tmp_path / "out", observer=counter(), processes=1)
        changed = replace(study, baselines=(replace(toys[0], fingerprint="changed"), toys[1]))
        observer = counter()
        run_study(changed, tmp_path / "out", observer=observer, processes=1)
        assert {name[3:] for name in observer.names(fresh=True)} == {"toy-1"}

    def test_a_run_that_was_killed_at_once_goes_on(self, tmp_path, counter, small_study, monkeypatch):
        """The folder tells from its first moment whose it is."""

        def die(_):
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr("liftveil.research.study.Store", die)
            with pytest.raises(KeyboardInterrupt):
                run_study(small_study(), tmp_path / "out", observer=counter(), processes=1)
        observer = counter()
        run_study(small_study(), tmp_path / "out", observer=observer, processes=1)
        assert len(observer.names(fresh=True)) == len(small_study().job_names)


@pytest.mark.usefixtures("processes")
class TestFailures:
    @pytest.mark.parametrize("refused", [1, 3])
    def test_a_secret_that_does_not_fit_is_counted(self, tmp_path, processes, counter, *, small_study, toys, refused):
        calls = []

        def refuse(act, name, _):
            if (act, name) == ("hide", "toy-1"):
                calls.append(name)
                if len(calls) <= refused:
                    raise RefusalError(name, "30 bytes are needed and 20 are there")

        processes.before = refuse
        study = small_study(baselines=toys)
        findings = run_study(study, tmp_path / "out", observer=counter(), processes=1)
        network, first, second = record_of(study, findings)["systems"]
        assert findings.baselines["toy-1"][0] == {"scores": None, "refused": "30 bytes are needed and 20 are there"}
        assert second["figures"]["refused"] == network["figures"]["refused"] == 0
        if refused == 3:
            assert first["figures"] is None
        else:
            assert (first["figures"]["refused"], first["figures"]["pairs"]) == (1, 2)

    def test_one_line_names_the_pair_and_the_rest_is_kept(self, tmp_path, processes, counter, small_study, toys):
        def fail(act, name, _):
            if name == "toy-1" and act == "show":
                raise LiftveilError("out of luck")

        processes.before = fail
        study, observer = small_study(baselines=toys), counter()
        with pytest.raises(LiftveilError) as refusal:
            run_study(study, tmp_path / "out", observer=observer, processes=1)
        assert str(refusal.value) == "pair 1, a.png hides c.png, toy-1: out of luck"
        assert observer.names(fresh=True) == sorted(f"{pair.label}-{s}" for pair in study.pairs for s in STEPS)
        assert not (tmp_path / "out" / WORK).exists()

        processes.before, again = lambda *_: None, counter()
        run_study(study, tmp_path / "out", observer=again, processes=2)
        assert again.names(fresh=False) == observer.names(fresh=True)

    @pytest.mark.parametrize("how", [LiftveilError, KeyboardInterrupt])
    def test_jobs_under_way_end_and_no_other_begins(self, tmp_path, processes, under_way, how, monkeypatch):
        """Without that, Ctrl-C would wait for every step of the pairs that are being worked on."""
        study, observer, inside = under_way

        def interrupt(*_, **__):
            assert inside.wait(60)
            raise KeyboardInterrupt

        if how is KeyboardInterrupt:
            monkeypatch.setattr("liftveil.research.study.wait", interrupt)
        with pytest.raises(how):
            run_study(study, tmp_path / "out", observer=observer, processes=2)
        assert observer.names(fresh=True) == ["01-exchange"]
        assert ("probe", "lsb-4bit") not in processes.asked
        assert not (tmp_path / "out" / WORK).exists()

    @pytest.fixture
    def under_way(self, processes, counter, small_study, toys, monkeypatch):
        """A study whose classical system fails while its network hides, which ends when the study has been stopped."""
        inside, stopped, stop = threading.Event(), threading.Event(), Store.stop

        def one_waits_and_one_fails(_act, name, _folder):
            if name == toys[1].name:
                assert inside.wait(60)
                raise LiftveilError("failed")
            inside.set()
            assert stopped.wait(60)

        processes.before = one_waits_and_one_fails
        monkeypatch.setattr(Store, "stop", lambda store: (stop(store), stopped.set()))
        study = small_study(baselines=toys[1:])
        return replace(study, pairs=study.pairs[:1]), counter(), inside

    def test_a_picture_that_broke_in_the_meantime_is_named(self, tmp_path, counter, small_study, own_pictures):
        study = small_study(pairs=pairs_of(sorted(own_pictures.iterdir())))
        (own_pictures / "b.png").write_bytes(b"garbage")
        with pytest.raises(UnreadablePicture, match=r"b\.png: "):
            run_study(study, tmp_path / "out", observer=counter(), processes=1)


@pytest.mark.usefixtures("processes")
class TestFolder:
    def test_another_study_is_refused_unless_forced(self, undisturbed, toys, counter, processes):
        study, _, folder = undisturbed
        for change in (
            {"data": "other"},
            {"pairs": study.pairs[:2]},
            {"baselines": toys[:1]},
            {"families": (FAMILIES["flips"],)},
            {"system": replace(study.system, fingerprint="other")},
        ):
            with pytest.raises(OutputExists, match="undisturbed: holds another study; choose another folder, or ask"):
                run_study(replace(study, **change), folder, observer=counter(), processes=1)
        assert processes.asked == []
        smaller, observer = replace(study, pairs=study.pairs[:2]), counter()
        run_study(smaller, folder, observer=observer, processes=1, force=True)
        assert (observer.names(fresh=True), len(observer.told)) == ([], len(smaller.job_names))
        with pytest.raises(OutputExists):
            run_study(study, folder, observer=counter(), processes=1)

    def test_what_no_longer_belongs_is_removed(self, undisturbed, counter):
        study, _, folder = undisturbed
        (folder / "jobs" / "notes.json").touch()
        smaller = replace(study, pairs=study.pairs[:1])
        run_study(smaller, folder, observer=counter(), processes=1, force=True)
        assert {path.stem for path in (folder / "jobs").iterdir()} == {*smaller.job_names, "notes"}
        assert {path.name[:2] for path in (folder / "pictures").iterdir()} == {"01"}

    def test_going_back_and_forth_gives_the_same(self, undisturbed, counter):
        study, record, folder = undisturbed
        before = files(folder)
        other = replace(study, pairs=[replace(pair, cover=pair.secret, secret=pair.cover) for pair in study.pairs])
        run_study(other, folder, observer=counter(), processes=1, force=True)
        assert files(folder) != before
        findings = run_study(study, folder, observer=counter(), processes=1, force=True)
        assert (record_of(study, findings), files(folder)) == (record, before)

    def test_other_files_are_refused_unless_forced_and_stay(self, tmp_path, small_study):
        (tmp_path / "notes.txt").write_text("mine")
        with pytest.raises(OutputExists, match="is not empty; choose another folder"):
            open_study(small_study(), tmp_path, force=False)
        assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]
        open_study(small_study(), tmp_path, force=True).close()
        assert (tmp_path / "notes.txt").read_text() == "mine"

    @pytest.mark.parametrize("name", ["work/thesis.txt", "jobs/2024-invoice.json", "pictures/20240712-holiday.png"])
    def test_files_in_folders_of_the_same_names_are_no_leftovers(self, tmp_path, small_study, counter, name):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text('{"sum": 3}')
        with pytest.raises(OutputExists, match="is not empty"):
            open_study(small_study(), tmp_path, force=False)
        run_study(small_study(), tmp_path, observer=counter(), processes=1, force=True)
        assert (tmp_path / name).read_text() == '{"sum": 3}'

    @pytest.mark.parametrize("name", ["deep/er", "empty"])
    def test_missing_and_empty_folders_are_taken(self, tmp_path, small_study, name):
        (tmp_path / "empty").mkdir()
        open_study(small_study(), tmp_path / name, force=False).close()
        assert json.loads((tmp_path / name / "study.json").read_text()) == json.loads(json.dumps(small_study().plan()))

    def test_a_plan_that_cannot_be_written_leaves_the_folder_to_others(self, tmp_path, small_study, monkeypatch):
        def fail(*_args, **_options):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("liftveil.research.study.atomic_write_bytes", fail)
        with pytest.raises(OutputNotWritten, match=r"cannot be written \(No space left on device\)"):
            open_study(small_study(), tmp_path, force=False)
        monkeypatch.undo()
        open_study(small_study(), tmp_path, force=False).close()

    @pytest.mark.parametrize("force", [False, True])
    @pytest.mark.parametrize("name", ["file", "file/below"])
    def test_files_are_no_folders(self, tmp_path, small_study, name, force):
        (tmp_path / "file").touch()
        with pytest.raises(OutputNotWritten, match="cannot be written"):
            open_study(small_study(), tmp_path / name, force=force)


class TestReal:
    def test_no_job_of_the_real_study_was_done_twice(self, finished):
        assert sorted(name for name, fresh in finished.told if fresh) == sorted(
            f"{label}-{step}"
            for label in ("01", "02")
            for step in ("exchange", "probe", "jpeg-444", "noise", "flips", "jxl-lossless")
        )
        assert len(finished.told) == len(finished.study.job_names)

    @pytest.mark.parametrize("name", ["jpeg-444", "noise", "flips"])
    def test_harsher_attacks_leave_less(self, finished, name):
        """Noise of 5 and JPEG of 90 already leave about what an unrelated picture scores, where figures jitter."""
        untouched = finished.record["systems"][0]["figures"]["mean_secret_psnr_db"]
        [row] = [row for row in finished.record["robustness"] if row["family"] == name]
        figures = [untouched, *row["mean_secret_psnr_db"]]
        assert all(later <= earlier + 0.3 for earlier, later in pairwise(figures))
        assert figures[-1] < figures[0] - 5
        assert figures[1] < figures[0]

    def test_running_it_again_starts_no_process(self, finished, counter, monkeypatch):
        def refuse(*_):
            raise AssertionError("a process was started")

        monkeypatch.setattr("liftveil.research.protocol.run_endpoint", refuse)
        monkeypatch.setattr("liftveil.research.steps.run_endpoint", refuse)
        observer = counter()
        findings = run_study(finished.study, finished.folder, observer=observer, processes=1)
        assert observer.names(fresh=True) == []
        assert record_of(finished.study, findings) == finished.record
