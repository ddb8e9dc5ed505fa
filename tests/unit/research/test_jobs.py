"""A job is done once, and again whenever anything that it depends on has changed."""

import json
from concurrent.futures import CancelledError
from itertools import combinations

import pytest

from liftveil.errors import OutputNotWritten
from liftveil.research.jobs import Store, key_of

FACTS = ("0.1.0", "print", b"cover", (64, 48, 3), b"secret", (64, 48, 3), "noise", [0.5, 2])
OTHERS = ("0.1.1", "other", b"Cover", (48, 64, 3), b"secret!", (64, 48), "flips", [0.5, 2.5])


class Work:
    """A job that counts how often it is done."""

    def __init__(self, result=None):
        self.result, self.times = result or {"value": 1.5}, 0

    def __call__(self):
        self.times += 1
        return self.result


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "study")


@pytest.fixture
def file(tmp_path):
    return tmp_path / "study" / "jobs" / "job.json"


class TestKeys:
    def test_each_fact_counts(self):
        changed = [(*FACTS[:at], other, *FACTS[at + 1 :]) for at, other in enumerate(OTHERS)]
        keys = [key_of(*facts) for facts in (FACTS, *changed, FACTS[:-1], FACTS[::-1])]
        assert all(first != second for first, second in combinations(keys, 2))

    def test_the_same_facts_give_the_same_key(self):
        assert key_of(*FACTS) == key_of(*json.loads(json.dumps(FACTS[:2])), *FACTS[2:])
        assert len(key_of()) == 64

    def test_facts_do_not_run_into_each_other(self):
        assert key_of("ab", "c") != key_of("a", "bc")
        assert key_of(b"ab", b"c") != key_of(b"a", b"bc")


class TestOnce:
    def test_a_kept_result_is_not_made_again(self, store, tmp_path):
        work = Work({"scores": [1, None], "name": "ü"})
        assert store.once("job", "key", work) == (work.result, True)
        assert store.once("job", "key", work) == (work.result, False)
        store.close()
        assert Store(tmp_path / "study").once("job", "key", work) == (work.result, False)
        assert work.times == 1

    def test_results_are_as_json_gives_them_back(self, store):
        fresh, kept = (store.once("job", "key", Work({"shape": (1, 2)})).result for _ in range(2))
        assert fresh == kept == {"shape": [1, 2]}

    def test_an_empty_result_is_kept_too(self, store):
        work = Work()
        work.result = {}
        assert [store.once("job", "key", work).fresh for _ in range(2)] == [True, False]

    def test_another_key_replaces_it(self, store):
        old, new = Work({"value": 1}), Work({"value": 2})
        store.once("job", "old", old)
        assert store.once("job", "new", new) == ({"value": 2}, True)
        assert store.once("job", "old", old) == ({"value": 1}, True)
        assert (old.times, new.times) == (2, 1)

    def test_another_name_is_another_job(self, store):
        work = Work()
        assert [store.once(name, "key", work).fresh for name in ("a", "b", "a")] == [True, True, False]

    def test_a_missing_file_makes_it_anew(self, store, tmp_path):
        work, files = Work(), [tmp_path / "one.png", tmp_path / "two.png"]
        for path in files:
            path.touch()
        assert [store.once("job", "key", work, files).fresh for _ in range(2)] == [True, False]
        files[1].unlink()
        assert store.once("job", "key", work, files).fresh

    @pytest.mark.parametrize(
        "content", ["", '{"key": "key", "res', "[]", "null", "7", '{"key": "key"}', '{"result": {}}', b"\xff\xfe"]
    )
    def test_what_cannot_be_read_is_not_done(self, store, file, content):
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        work = Work()
        assert store.once("job", "key", work).fresh
        assert not store.once("job", "key", work).fresh

    def test_a_failed_job_leaves_no_result_old_or_new(self, store, file):
        """A job may replace files of the old result before it fails, so that the old result would be wrong."""
        store.once("job", "old", Work())

        def fail():
            raise KeyError

        with pytest.raises(KeyError):
            store.once("job", "new", fail)
        assert not file.exists()
        assert store.once("job", "old", Work()).fresh

    def test_results_that_no_json_can_hold_are_not_kept(self, store, file):
        with pytest.raises(TypeError):
            store.once("job", "key", Work({"value": object()}))
        assert not file.exists()

    def test_after_a_stop_only_what_is_kept_is_given(self, store):
        store.once("job", "key", Work())
        store.stop()
        work = Work()
        assert not store.once("job", "key", work).fresh
        with pytest.raises(CancelledError):
            store.once("another", "key", work)
        assert work.times == 0


class TestFolder:
    def test_leftovers_of_a_killed_run_are_removed(self, store, tmp_path, file):
        store.once("job", "key", Work())
        (store.work / "tmp123").mkdir()
        (store.work / "tmp123" / "cover.png").touch()
        folder = tmp_path / "study"
        (folder / "pictures").mkdir()
        for place in (folder, folder / "jobs", folder / "pictures"):
            (place / ".liftveil-0123456789abcdef.tmp").touch()
        store._lock.release()  # as the system does when a process ends
        again = Store(folder)
        assert list(again.work.iterdir()) == []
        again.close()
        assert sorted(path for path in folder.rglob("*") if not path.is_dir()) == [file]
        assert not again.work.exists()

    def test_one_run_at_a_time(self, store, tmp_path):
        (store.work / "tmp123").touch()
        with pytest.raises(OutputNotWritten, match="study: is in use by another run; let it end"):
            Store(tmp_path / "study")
        assert (store.work / "tmp123").exists()
        store.close()
        Store(tmp_path / "study").close()
        assert list((tmp_path / "study").iterdir()) == [tmp_path / "study" / "jobs"]

    def test_a_place_that_is_taken_is_refused(self, tmp_path):
        (tmp_path / "file").touch()
        with pytest.raises(OutputNotWritten, match=r"file: cannot be written \(.*\); choose another folder"):
            Store(tmp_path / "file")
