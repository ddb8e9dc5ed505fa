"""The page asks nothing of the network, says what the record says, and trusts no name."""

import json
import re
import sys
from base64 import b64decode
from dataclasses import replace
from html.parser import HTMLParser
from io import BytesIO
from urllib.parse import unquote_to_bytes
from xml.etree import ElementTree

import pytest
from PIL import Image

from liftveil.errors import MissingExtraError
from liftveil.plotting import Images
from liftveil.research import check_extras, network, pairs_of, record_of, run_study, write_report
from liftveil.research.figures import figures_of
from liftveil.research.report import render_report

VOID = {"meta", "img", "br", "link", "input", "hr"}


class Page(HTMLParser):
    """Everything of a page that could matter, and a check that what is opened is closed."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.links, self.cells, self.ids, self.text = [], [], [], set(), ""
        self._open, self._begun = [], []
        self.feed(text)
        assert self._open == []

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.tags.append(tag)
        self.links += [value for key, value in attributes.items() if key in {"src", "href", "srcset", "action"}]
        self.ids |= {attributes["id"]} if "id" in attributes else set()
        assert not [key for key in attributes if key.startswith("on")]
        if tag not in VOID:
            self._open.append(tag)
            self._begun.append(len(self.text))

    def handle_endtag(self, tag):
        assert self._open.pop() == tag
        begun = self._begun.pop()
        if tag in {"td", "th", "b"}:
            self.cells.append(self.text[begun:])

    def handle_data(self, text):
        self.text += "" if self._open[-1:] == ["style"] else text


@pytest.fixture(scope="module")
def page(finished):
    return Page((finished.folder / "report.html").read_text("utf-8"))


def picture_of(uri):
    """Size of a picture in a data URI, decoded by Pillow or parsed as XML."""
    head, content = uri.split(",", 1)
    if head == "data:image/svg+xml;base64":
        return ElementTree.fromstring(b64decode(content, validate=True)).tag.endswith("svg")
    assert head == "data:image/jpeg;base64"
    with Image.open(BytesIO(b64decode(unquote_to_bytes(content), validate=True))) as picture:
        picture.load()
        return picture.size


class TestPage:
    def test_nothing_is_asked_of_the_network(self, finished, page):
        fragments = {link for link in page.links if link.startswith("#")}
        assert [link for link in page.links if not link.startswith(("data:image/", "#"))] == []
        assert {link[1:] for link in fragments} <= page.ids
        assert not {"script", "link", "iframe", "object", "base", "form"} & set(page.tags)
        text = (finished.folder / "report.html").read_text("utf-8")
        assert re.findall(r"https?:|url\(|@import|//cdn", re.sub(r"data:image/[^\"]*", "", text)) == []

    def test_every_picture_can_be_decoded(self, finished, page):
        """Four figures; for two pairs, six pictures each in the gallery and in the grid."""
        pictures = [picture_of(link) for link in page.links if link.startswith("data:")]
        assert len(pictures) == 4 + 2 * 2 * 6
        assert {size for size in pictures if size is not True} == {(80, 64)}
        assert len(finished.study.pairs) == 2

    def test_figures_of_all_systems_are_those_of_the_record(self, finished, page):
        record = json.loads((finished.folder / "research.json").read_text())
        for system in record["systems"]:
            starts = [at for at, cell in enumerate(page.cells) if cell == system["title"]]
            for role, start in zip(("cover", "secret"), starts[-2:], strict=True):
                f = system["figures"]
                assert page.cells[start + 1 : start + 11] == [
                    f"{f[f'mean_{role}_psnr_db']:.2f}",
                    f"± {f[f'spread_{role}_psnr_db']:.2f}",
                    f"{f[f'worst_{role}_psnr_db']:.2f}",
                    f"{f[f'mean_{role}_y_psnr_db']:.2f}",
                    f"{f[f'mean_{role}_ssim']:.4f}",
                    f"{f[f'worst_{role}_ssim']:.4f}",
                    "–",  # noqa: RUF001 - no MS-SSIM of small pictures
                    f"{f[f'mean_{role}_bit_accuracy']:.1%}",
                    f"{f[f'worst_{role}_max_error']:.0f}",
                    f"{f[f'identical_{role}']}",
                ]

    def test_headline_losses_and_robustness_are_those_of_the_record(self, finished, page):
        best = finished.record["systems"][0]["figures"]
        for key in ("mean_cover_psnr_db", "mean_secret_psnr_db", "sum_db"):
            assert f"{best[key]:.2f} dB" in page.cells
        for key in ("float_secret_psnr_db", "clipped_secret_psnr_db", "rounded_secret_psnr_db", "float_cover_psnr_db"):
            assert f"{finished.record['float'][key]:.2f}" in page.cells
        means = [at for at, cell in enumerate(page.cells) if cell == "mean secret PSNR, dB"]
        for row, at in zip(finished.record["robustness"], means, strict=True):
            assert page.cells[at + 1 : at + 4] == [f"{value:.2f}" for value in row["mean_secret_psnr_db"]]
            assert page.cells[at + 5 : at + 8] == [f"{value:.2f}" for value in row["worst_secret_psnr_db"]]
            assert page.cells[at - 3 : at] == [f"{strength:g}" for strength in row["strengths"]]

    def test_all_pairs_and_the_worst_first(self, finished, page):
        for pair in finished.record["measured"]:
            both = [pair["cover"], pair["secret"]]
            at = [number for number in range(len(page.cells)) if page.cells[number : number + 2] == both][-1]
            scores = pair["exchange"]["scores"]
            assert page.cells[at + 2 : at + 6] == [
                f"{scores['cover_psnr_db']:.2f}",
                f"{scores['secret_psnr_db']:.2f}",
                f"{scores['cover_ssim']:.4f}",
                f"{scores['secret_ssim']:.4f}",
            ]
            assert pair["causes"] in page.text
        gallery = page.text[page.text.index("and what sets them apart") : page.text.index("All pairs\n")]
        worst = [finished.record["measured"][index] for index in finished.record["failures"]]
        places = [gallery.index(f"{pair['cover']} hides {pair['secret']}: cover") for pair in worst]
        assert places == sorted(places)

    def test_origin_is_told(self, finished, page):
        for word in (finished.record["cpu"], finished.record["versions"]["numpy"], finished.record["system"][1]):
            assert word in page.text

    def test_it_is_the_same_twice(self, finished):
        pages = {name: (finished.folder / name).read_bytes() for name in ("report.html", "research.json")}
        figures = {path.name: path.read_bytes() for path in (finished.folder / "figures").iterdir()}
        write_report(finished.study, finished.record, finished.folder)
        assert {name: (finished.folder / name).read_bytes() for name in pages} == pages
        assert {path.name: path.read_bytes() for path in (finished.folder / "figures").iterdir()} == figures

    def test_names_of_sets_are_text(self, finished, page):
        assert "starinn-1 on two <pairs> & $more$" in page.text
        assert "pairs" not in page.tags
        assert finished.study.data == "two <pairs> & $more$"


EMPTY = Images(b"<svg/>", b"")
FIGURES = dict.fromkeys(("plane", "histograms", "bands", "robustness"), EMPTY)


@pytest.fixture
def measured(tmp_path, processes, counter, small_study):
    """Do a study of given pairs and more, and make its record."""

    def measure(**changes):
        study = small_study(**changes)
        record = record_of(study, run_study(study, tmp_path / "out", observer=counter(), processes=1))
        assert processes.asked
        return study, record, tmp_path / "out"

    return measure


class TestStudies:
    def test_without_classical_systems_and_attacks(self, measured):
        study, record, folder = measured(families=())
        figures = dict.fromkeys(("plane", "histograms", "bands"), EMPTY)
        page = Page(render_report(study, record, folder, figures))
        assert "Robustness" not in page.text
        assert "classical systems" not in page.text
        assert not {"#robustness"} & set(page.links)

    def test_systems_say_when_secrets_do_not_fit(self, measured, toys):
        study, record, folder = measured(baselines=toys)
        record["systems"][1]["figures"] = None
        record["systems"][2]["figures"]["refused"] = 2
        text = render_report(study, record, folder, FIGURES)
        assert text.count("no secret fits") == 2  # of both roles
        assert text.count(f"{toys[1].title} (2 secrets do not fit)") == 2
        assert len(figures_of(record)["plane"].png) > 0

    def test_hostile_names_are_text(self, measured, own_pictures):
        names = ["<script>alert(1)<b>.png", "\"'onerror=x &amp; {{ 7*7 }}.png", "bad\udcff \u202e$x$.png"]
        for old, new in zip(("a.png", "b.png", "c.png"), names, strict=True):
            (own_pictures / old).rename(own_pictures / new)
        paths = sorted(own_pictures.iterdir())
        study, record, folder = measured(pairs=pairs_of(paths), data="$<blink>\udcff")
        report, _ = write_report(study, record, folder)
        page = Page(report.read_text("utf-8"))
        assert not {"script", "blink"} & set(page.tags)
        for name in names[:2]:
            assert f"{name} hides" in page.text or f"hides {name}" in page.text
        assert "bad\\udcff" in page.text

    def test_one_pair_and_identical_pictures(self, measured, small_study):
        study = small_study()
        changes = {"pairs": study.pairs[:1], "system": replace(study.system, title="<mine>")}
        study, record, folder = measured(**changes)
        record["measured"][0]["exchange"]["scores"]["secret_psnr_db"] = None
        page = Page(render_report(study, record, folder, FIGURES))
        assert "secret identical dB" in page.text
        assert "<mine> on pictures" in page.text

    def test_grey_secrets(self, measured, grey_model):
        study, record, folder = measured(system=network(grey_model))
        page = Page(render_report(study, record, folder, FIGURES))
        assert len([link for link in page.links if link.startswith("data:image/jpeg")]) == 2 * 3 * 6
        assert record["systems"][0]["figures"]["mean_secret_psnr_db"] > 20
        with Image.open(folder / "pictures" / "01-recovered.png") as picture:
            assert picture.mode == "L"


@pytest.mark.parametrize("name", ["jinja2", "matplotlib"])
def test_what_is_missing_is_told_before_anything_is_done(monkeypatch, name):
    check_extras()
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(MissingExtraError, match=r"pip install 'liftveil\[research\]'"):
        check_extras()
