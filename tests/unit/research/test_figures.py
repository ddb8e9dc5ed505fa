"""The figures of a report show what the record says."""

import copy
import json
from xml.etree import ElementTree

import pytest
from PIL import Image

from liftveil.errors import DataError
from liftveil.research import plot_studies
from liftveil.research.figures import figures_of, series_of


def system(name, cover, secret):
    figures = {"mean_cover_psnr_db": cover, "mean_secret_psnr_db": secret, "identical_secret": 0, "pairs": 3}
    return {"name": name, "title": name.upper(), "figures": figures}


RECORD = {
    "data": "set",
    "systems": [
        system("mine", 42, 40),
        system("jxl-mod-2", 51, 43),
        system("lsb", 32, 35),
        system("jxl-mod-3", 49, 46),
    ],
    "float": {"float_cover_psnr_db": 42.5, "float_secret_psnr_db": 44},
}

NO_FIGURE = json.dumps(RECORD | {"float": {"float_cover_psnr_db": None, "float_secret_psnr_db": 44}})


def text_of(folder, name):
    return ElementTree.parse(folder / "figures" / f"{name}.svg").getroot()


def test_a_study_has_all_its_figures_as_svg_and_png(finished):
    names = {"plane", "histograms", "bands", "robustness"}
    assert {path.name for path in (finished.folder / "figures").iterdir()} == {
        f"{name}.{kind}" for name in names for kind in ("svg", "png")
    }
    for name in names:
        assert text_of(finished.folder, name).tag.endswith("svg")
        with Image.open(finished.folder / "figures" / f"{name}.png") as picture:
            assert len(picture.convert("RGB").getcolors(1 << 24)) > 10


def test_without_attacks_there_is_no_robustness(finished):
    assert set(figures_of(finished.record | {"robustness": []})) == {"plane", "histograms", "bands"}


def test_systems_are_points_of_the_plane():
    first, unrounded, digits, other = series_of(RECORD)
    assert (first.name, first.points, first.by_file) == ("MINE, through files", [(42, 40, "")], True)
    assert (unrounded.points, unrounded.by_file) == ([(42.5, 44, "")], False)
    assert digits.points == [(51, 43, "m = 2"), (49, 46, "m = 3")]
    assert digits.connected
    assert (other.name, other.points) == ("LSB", [(32, 35, "")])


def test_systems_without_any_error_say_so():
    exact = copy.deepcopy(RECORD)
    for one in exact["systems"]:
        one["figures"] |= {"identical_secret": 3}
    assert series_of(exact)[-1].points == [(32, 35, "identical")]


def test_a_network_alone_is_two_points():
    assert [series.by_file for series in series_of(RECORD | {"systems": RECORD["systems"][:1]})] == [True, False]


class TestStudies:
    def test_several_are_drawn_in_one_plane(self, tmp_path, monkeypatch):
        seen = []
        monkeypatch.setattr("liftveil.research.figures.plot_plane", lambda series, title: seen.append((series, title)))
        other = copy.deepcopy(RECORD) | {"data": "another"}
        other["systems"][0] = system("yours", 41, 41)
        files = [tmp_path / "1.json", tmp_path / "2.json"]
        for path, record in zip(files, (RECORD, other), strict=True):
            path.write_text(json.dumps(record))
        plot_studies(files)
        [(series, title)] = seen
        assert title == "All systems on another, set"
        assert [one.name for one in series] == [
            "MINE, through files (set)",
            "MINE, float (set)",
            "YOURS, through files (another)",
            "YOURS, float (another)",
            "JPEG XL, digits modulo m (set)",
            "LSB (set)",
        ]

    def test_studies_of_one_set_need_not_name_it(self, tmp_path, monkeypatch):
        seen = []
        monkeypatch.setattr("liftveil.research.figures.plot_plane", lambda series, title: seen.append((series, title)))
        (tmp_path / "1.json").write_text(json.dumps(RECORD))
        plot_studies([tmp_path / "1.json"] * 2)
        [(series, title)] = seen
        assert (title, [one.name for one in series[1:3]]) == (
            "All systems on set",
            ["MINE, float", "MINE, through files"],
        )

    def test_a_real_one_is_drawn(self, finished):
        images = plot_studies([finished.folder / "research.json"])
        assert ElementTree.fromstring(images.svg).tag.endswith("svg")

    @pytest.mark.parametrize(
        "content", ["", "[]", "7", "null", "{}", '{"systems": []}', '{"systems": [{}], "float": {}}', "\x00", NO_FIGURE]
    )
    def test_other_files_are_refused(self, tmp_path, content):
        (tmp_path / "research.json").write_text(content)
        with pytest.raises(DataError, match=r"research\.json: is no record of `liftveil evaluate research`"):
            plot_studies([tmp_path / "research.json"])
        with pytest.raises(DataError):
            plot_studies([tmp_path / "missing.json"])
