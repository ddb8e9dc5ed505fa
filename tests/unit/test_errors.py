"""The tree of errors: what is drawn, what each carries, what each says."""

import copy
import inspect
import pickle
import re
from pathlib import Path

import pytest

from liftveil import errors
from liftveil.errors import (
    CapacityError,
    CheckpointError,
    ConfigError,
    DataError,
    DivergenceError,
    HardwareError,
    LiftveilError,
    MissingExtraError,
    ModelError,
    OutputExists,
    OutputNotWritten,
    PasswordError,
    PayloadError,
    PictureError,
    PictureSizeError,
    RefusalError,
    ShapeError,
    UnreadablePicture,
    UnsupportedOutput,
    lacks_memory,
)

PICTURE_ERRORS = (PictureError, UnreadablePicture, UnsupportedOutput, OutputExists, OutputNotWritten)
PATH_ERRORS = (ConfigError, DataError, CheckpointError)

CASES = [
    *(
        (kind(Path("a", "b.png"), "is odd", "use another"), {"path": str(Path("a", "b.png")), "advice": "use another"})
        for kind in PICTURE_ERRORS
    ),
    (
        PictureSizeError("cover", width=9, height=30, least=16),
        {"path": "cover", "advice": "use a picture of at least 16x16", "width": 9, "height": 30},
    ),
    (ShapeError((2, 3), "three axes"), {"actual_shape": (2, 3)}),
    *((kind(Path("folder"), "is odd"), {"path": "folder"}) for kind in PATH_ERRORS),
    (ModelError(Path("star"), "is odd"), {"model": "star"}),
    (MissingExtraError("train", "training"), {"extra": "train"}),
    (CapacityError(30, 20), {"needed_bytes": 30, "capacity_bytes": 20}),
    (PayloadError("digits", "are odd"), {"payload": "digits"}),
    (PasswordError(Path("word.txt"), "is odd"), {"source": "word.txt"}),
    (RefusalError("jxl-mod-2", "does not fit"), {"system": "jxl-mod-2"}),
    (DivergenceError(7, "is lost"), {"step": 7}),
    (HardwareError("compute.precision", "is odd"), {"key": "compute.precision"}),
]

TEXTS = {
    **{kind: f"{Path('a', 'b.png')}: is odd; use another" for kind in PICTURE_ERRORS},
    PictureSizeError: "cover: 9x30 pixels is too small; use a picture of at least 16x16",
    ShapeError: "got an array of shape (2, 3), expected three axes",
    **dict.fromkeys(PATH_ERRORS, "folder: is odd"),
    ModelError: "model star: is odd",
    CapacityError: "30 bytes are needed and 20 are there; hide less or use a larger cover",
    PayloadError: "digits: are odd",
    PasswordError: "word.txt: is odd",
    RefusalError: "does not fit",
    DivergenceError: "step 7: is lost",
    HardwareError: "'compute.precision' is odd",
    MissingExtraError: "training needs more packages; install them with: pip install 'liftveil[train]'",
}

every = pytest.mark.parametrize(("error", "carried"), CASES, ids=[type(error).__name__ for error, _ in CASES])


def classes():
    found = inspect.getmembers(errors, inspect.isclass)
    return {kind for _, kind in found if kind.__module__ == errors.__name__}


def drawing():
    """Depth, name and text of each line of the docstring's tree."""
    lines = inspect.getdoc(errors).split(".. code-block:: text")[1].split("\n\n")[1].splitlines()
    for line in lines:
        name = re.search(r"\w+", line)
        yield (name.start() - 4) // 4, name[0], line[name.end() :]


def drawn_parents():
    parents, above = {}, []
    for depth, name, _ in drawing():
        above[depth:] = [name]
        parents[name] = above[depth - 1] if depth else "Exception"
    return parents


def test_the_drawn_tree_is_the_tree_of_the_classes():
    assert drawn_parents() == {kind.__name__: kind.__base__.__name__ for kind in classes()}


def test_every_class_has_a_case():
    assert {type(error) for error, _ in CASES} == classes() - {LiftveilError}


@every
def test_each_carries_its_facts(error, carried):
    assert vars(error) == carried


def test_the_drawing_names_what_each_carries():
    named = {name: set(re.findall(r"``(\w+)``", text)) for _, name, text in drawing()}
    parents = drawn_parents()
    for error, carried in CASES:
        name = type(error).__name__
        assert named[name] == set(carried) - named.get(parents[name], set())


@every
def test_each_says_in_one_line_what_is_wrong(error, carried):
    assert carried
    assert str(error) == TEXTS[type(error)]


@every
@pytest.mark.parametrize("passed", [copy.copy, copy.deepcopy, lambda error: pickle.loads(pickle.dumps(error))])
def test_each_passes_from_process_to_process(error, carried, passed):
    again = passed(error)
    assert type(again) is type(error)
    assert str(again) == str(error)
    assert vars(again) == carried


def test_a_shape_is_kept_as_a_tuple():
    assert ShapeError([4, 5], "another").actual_shape == (4, 5)


@pytest.mark.parametrize(
    ("problem", "expected"),
    [
        ("RuntimeError: DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes", True),
        ("torch.OutOfMemoryError: CUDA out of memory.", True),
        ("MemoryError: ", True),
        ("RuntimeError: shapes do not fit", False),
    ],
)
def test_a_lack_of_memory_is_known_by_its_words(problem, expected):
    assert lacks_memory(problem) is expected
