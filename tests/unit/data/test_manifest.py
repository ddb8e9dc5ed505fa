"""Writing and reading manifests, with csv's own reader and sha256sum's notation as oracles."""

import csv
from hashlib import sha256

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from liftveil.data.manifest import SPLITS, Entry, manifest_bytes, read_manifest
from liftveil.errors import DataError

HEADER = "path,split,sha256,width,height\n"


def digest(number):
    return sha256(str(number).encode()).hexdigest()


ENTRIES = [
    Entry("b/a.png", "val", digest(1), 30, 20),
    Entry("b.png", "train", digest(2), 16, 16),
    Entry('odd, "name".png', "test", digest(3), 1, 178956970),
    Entry("B.png", "train", digest(2), 16, 16),
]


def test_the_file_is_plain_csv_sorted_by_path(tmp_path):
    (tmp_path / "splits.csv").write_bytes(manifest_bytes(ENTRIES))
    with (tmp_path / "splits.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["path"] for row in rows] == ["B.png", "b.png", "b/a.png", 'odd, "name".png']
    assert rows[2] == {"path": "b/a.png", "split": "val", "sha256": digest(1), "width": "30", "height": "20"}
    assert (tmp_path / "splits.csv").read_bytes().startswith(HEADER.encode() + b"B.png,train,")


names = st.text(st.characters(exclude_characters="\n\r\0/", exclude_categories=["Cs"]), min_size=1).filter(
    lambda name: name not in (".", "..")
)
paths = st.lists(names, min_size=1, max_size=3).map("/".join)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=30)
@given(st.lists(paths, max_size=5, unique=True), st.data())
def test_what_is_written_is_read_again(tmp_path, made_up, data):
    sides = st.integers(1, 999_999_999)
    entries = [
        Entry(path, data.draw(st.sampled_from(SPLITS)), digest(number), data.draw(sides), data.draw(sides))
        for number, path in enumerate(made_up)
    ]
    (tmp_path / "splits.csv").write_bytes(manifest_bytes(entries))
    assert read_manifest(tmp_path / "splits.csv") == sorted(entries)


def test_names_that_are_no_utf_8_keep_their_bytes(tmp_path):
    entry = Entry("caf\udce9.png", "train", digest(1), 16, 16)
    (tmp_path / "splits.csv").write_bytes(manifest_bytes([entry]))
    assert b"\ncaf\xe9.png,train," in (tmp_path / "splits.csv").read_bytes()
    assert read_manifest(tmp_path / "splits.csv") == [entry]


def test_the_order_by_hand_and_line_ends_of_others_are_taken(tmp_path):
    lines = [f"z.png,val,{digest(1)},16,16", f"a.png,test,{digest(2)},16,16"]
    (tmp_path / "splits.csv").write_bytes((HEADER + "\n".join(lines)).replace("\n", "\r\n").encode())
    assert [entry.path for entry in read_manifest(tmp_path / "splits.csv")] == ["z.png", "a.png"]


GOOD = f"a.png,train,{digest(0)},16,16\n"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "is no manifest of splits; its first line must be path,split,sha256,width,height"),
        (GOOD, "is no manifest of splits; its first line"),
        (HEADER.upper(), "is no manifest of splits; its first line"),
        ("\x89PNG\r\n\x1a\n\0\0", "is no manifest of splits"),
        (HEADER + 'a.png,"train', "is no manifest of splits (unexpected end of data)"),
        (HEADER + GOOD + "b.png,train\n", "line 3 has 2 fields, but must have 5"),
        (HEADER + GOOD + "\n", "line 3 has 0 fields, but must have 5"),
        (HEADER + f"b.png,training,{digest(1)},16,16", "line 2: 'training' is no split; use one of train, val, test"),
        (HEADER + f",train,{digest(1)},16,16", "line 2: '' is no path below the manifest's folder"),
        (HEADER + f"/b.png,train,{digest(1)},16,16", "line 2: '/b.png' is no path below the manifest's folder"),
        (HEADER + f"a/../../b.png,train,{digest(1)},16,16", "line 2: 'a/../../b.png' is no path below"),
        (HEADER + f"b.png,train,{digest(1)[1:]},16,16", f"line 2: '{digest(1)[1:]}' is no SHA-256"),
        (HEADER + f"b.png,train,{digest(1).upper()},16,16", "is no SHA-256"),
        (HEADER + f"b.png,train,{digest(1)},0,16", "line 2: '0' x '16' is no size in pixels"),
        (HEADER + f"b.png,train,{digest(1)},16,1e3", "line 2: '16' x '1e3' is no size in pixels"),
        (HEADER + GOOD + f"a.png,train,{digest(1)},16,16", "lists a file twice"),
        (HEADER + GOOD + f"b.png,val,{digest(0)},16,16", "lists the picture b.png in two splits"),
    ],
)
def test_what_is_no_manifest_is_refused_with_one_line(tmp_path, text, problem):
    (tmp_path / "splits.csv").write_bytes(text.encode("latin-1"))
    with pytest.raises(DataError) as refusal:
        read_manifest(tmp_path / "splits.csv")
    [line] = str(refusal.value).splitlines()
    assert line.startswith(f"{tmp_path / 'splits.csv'}: ")
    assert problem in line


def test_what_cannot_be_read_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"cannot be read \(No such file or directory\)"):
        read_manifest(tmp_path / "missing.csv")
