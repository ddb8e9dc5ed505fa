"""Hiding and finding need the base installation only; the other commands say what else they need."""

import pytest
from PIL import Image

BLOCKED = """
import sys

class Absent:
    names = {"torch", "onnx", "onnxscript", "jaxtyping"}

    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name.split(".")[0] in cls.names:
            raise ModuleNotFoundError(f"{name} is not installed", name=name)

sys.meta_path.insert(0, Absent)
from liftveil.cli import main
main()
"""


def test_embed_and_extract_work(run_python, cropped, tmp_path):
    for name, picture in zip(("cover.png", "secret.png"), cropped(64, 48), strict=True):
        Image.fromarray(picture).save(tmp_path / name)
    embedded = run_python("-c", BLOCKED, "embed", "cover.png", "secret.png", "-o", "stego.png")
    assert (embedded.returncode, embedded.stderr) == (0, "")
    extracted = run_python("-c", BLOCKED, "extract", "stego.png", "-o", "recovered.png")
    assert (extracted.returncode, extracted.stderr) == (0, "")
    assert {path.name for path in tmp_path.iterdir()} == {"cover.png", "secret.png", "stego.png", "recovered.png"}


@pytest.mark.parametrize(
    ("what", "arguments"),
    [
        ("training", ("train", "missing.toml", "--data", "a", "--validation", "b")),
        ("export", ("export", "missing.safetensors", "-o", "mine")),
    ],
)
def test_training_and_export_name_their_extra(run_python, tmp_path, what, arguments):
    finished = run_python("-c", BLOCKED, *arguments)
    line = f"liftveil: {what} needs more packages; install them with: pip install 'liftveil[train]'\n"
    assert (finished.returncode, finished.stdout, finished.stderr) == (1, "", line)
    assert list(tmp_path.iterdir()) == []
