"""Both files of a figure, or neither."""

import pytest

from liftveil.errors import OutputExists, OutputNotWritten, UnsupportedOutput
from liftveil.plotting import Images, image_paths, save_images

IMAGES = Images(svg=b"<svg/>", png=b"\x89PNG")


class TestImages:
    @pytest.mark.parametrize("name", ["curves", "curves.svg", "curves.png", "curves.PNG"])
    def test_both_are_written(self, tmp_path, name):
        paths = save_images(IMAGES, tmp_path / name, force=False)
        assert paths == [tmp_path / "curves.svg", tmp_path / "curves.png"]
        assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {
            "curves.svg": IMAGES.svg,
            "curves.png": IMAGES.png,
        }

    @pytest.mark.parametrize("taken", ["curves.svg", "curves.png"])
    def test_neither_is_written_where_one_exists(self, tmp_path, taken):
        (tmp_path / taken).write_text("precious")
        for refused in (image_paths, lambda *path, force: save_images(IMAGES, *path, force=force)):
            with pytest.raises(OutputExists, match=f"{taken}: exists already"):
                refused(tmp_path / "curves", force=False)
        assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {taken: "precious"}
        assert save_images(IMAGES, tmp_path / "curves", force=True)[0].read_bytes() == IMAGES.svg

    @pytest.mark.parametrize("name", ["curves.pdf", "curves.v2"])
    def test_another_format_is_refused(self, tmp_path, name):
        with pytest.raises(UnsupportedOutput, match=r"written as \.svg and \.png"):
            image_paths(tmp_path / name, force=True)

    def test_a_missing_folder_is_refused(self, tmp_path):
        with pytest.raises(OutputNotWritten, match="folder does not exist"):
            image_paths(tmp_path / "missing" / "curves", force=True)
