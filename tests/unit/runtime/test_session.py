from base64 import b64encode
from types import SimpleNamespace

import numpy as np
import pytest

from liftveil.errors import ModelError, ShapeError
from liftveil.imaging import to_u8
from liftveil.metrics import psnr
from liftveil.runtime import LEAST_PX, Session
from liftveil.runtime.session import TILE_PX
from liftveil.shaping import NoiseShaper
from liftveil.weights import EMBED_FILE, EXTRACT_FILE, Model, find_model

# (height, width): the smallest, sides that fit no wavelet, portrait, and one that fits.
SIZES = [(16, 16), (17, 31), (47, 33), (33, 47), (64, 48)]


@pytest.fixture(scope="module")
def session():
    return Session(find_model())


class Graph:
    """Stands in for an ONNX graph: a function of its inputs, which remembers the shapes that it was given."""

    def __init__(self, function, multiple=4, reach_px=6, **facts):
        self.function = function
        self.facts = {"multiple": str(multiple), "reach_px": str(reach_px), **facts}
        self.shapes = []

    def get_modelmeta(self):
        return SimpleNamespace(custom_metadata_map=self.facts)

    def run(self, _, planes):
        self.shapes += [plane.shape for plane in planes.values()]
        assert {plane.dtype for plane in planes.values()} == {np.dtype(np.float32)}
        return [self.function(*planes.values()).astype(np.float32)]


@pytest.fixture
def faked(monkeypatch, tmp_path):
    """Make a session whose two graphs are the given one."""

    def make(graph):
        for name in (EMBED_FILE, EXTRACT_FILE):
            (tmp_path / name).write_bytes(b"")
        monkeypatch.setattr("liftveil.runtime.session.open_graph", lambda *_: graph)
        return Session(Model("faked", tmp_path, {}))

    return make


@pytest.mark.parametrize(("height", "width"), SIZES)
class TestEverySize:
    def test_shape_and_type_stay(self, session, cropped, height, width):
        cover, secret = cropped(width, height)
        stego = session.embed(cover, secret)
        recovered = session.extract(stego)
        assert stego.shape == recovered.shape == (height, width, 3)
        assert stego.dtype == recovered.dtype == np.uint8
        assert stego.flags.c_contiguous
        assert recovered.flags.c_contiguous

    def test_the_same_pictures_give_the_same_bytes(self, session, cropped, height, width):
        pictures = cropped(width, height)
        fresh = Session(session.model)
        stegos = [each.embed(*pictures).tobytes() for each in (session, session, fresh)]
        assert len(set(stegos)) == 1
        stego = session.embed(*pictures)
        assert len({each.extract(stego).tobytes() for each in (session, session, fresh)}) == 1

    def test_pixels_are_rounded_levels(self, session, cropped, height, width):
        stego = session.embed(*cropped(width, height))
        levels = session.extract_levels(stego)
        assert levels.dtype == np.float32
        np.testing.assert_array_equal(session.extract(stego), to_u8(levels))


class TestLevels:
    """The stego before it is rounded, by which evaluation tells what rounding costs."""

    @pytest.mark.parametrize(("height", "width"), SIZES)
    def test_rounded_give_the_stego(self, session, cropped, height, width):
        cover, secret = cropped(width, height)
        levels = session.embed_levels(cover, secret)
        assert (levels.shape, levels.dtype) == (cover.shape, np.float32)
        assert np.array_equal(session.rounded(session.whole_stego(levels)), session.embed(cover, secret))

    def test_may_leave_what_a_file_can_hold(self, session, cropped):
        _, secret = cropped(48, 48)
        white, black = (np.full_like(secret, level) for level in (255, 0))
        assert session.embed_levels(white, secret).max() > 255
        assert session.embed_levels(black, secret).min() < 0

    def test_carry_the_secret_better_than_the_rounded_file(self, session, cropped):
        cover, secret = cropped(96, 80)
        levels = session.embed_levels(cover, secret)
        through_file = psnr(secret, session.extract(to_u8(levels)))
        unrounded = psnr(secret, to_u8(session.extract_levels(levels)))
        assert unrounded > through_file + 0.5

    def test_of_whole_numbers_are_extracted_as_pixels_are(self, session, cropped):
        stego = session.embed(*cropped(40, 24))
        np.testing.assert_array_equal(session.extract_levels(stego.astype(np.float32)), session.extract_levels(stego))

    def test_of_a_grey_secret_have_the_colours_of_the_cover(self, grey_model, cropped):
        cover, secret = cropped(45, 37)
        grey = Session(Model("grey", grey_model, {}))
        levels = grey.embed_levels(cover, secret[..., 1])
        assert levels.shape == cover.shape
        assert np.array_equal(grey.rounded(levels), grey.embed(cover, secret[..., 1]))
        assert grey.extract_levels(levels).shape == secret.shape[:2]

    @pytest.mark.parametrize(
        "part", [(slice(0, 0), slice(0, 0)), (slice(3, 37), slice(5, 30)), (slice(16, 32), slice(0, 33))]
    )
    def test_of_a_part_come_with_the_whole_recovered_picture(self, session, cropped, monkeypatch, part):
        stego = session.embed(*cropped(33, 47))
        monkeypatch.setattr("liftveil.runtime.session.TILE_PX", 16)
        recovered, levels = session.extract_with_levels(stego, part)
        np.testing.assert_array_equal(recovered, session.extract(stego))
        np.testing.assert_array_equal(levels, session.extract_levels(stego)[part])

    def test_that_are_no_numbers_are_told_apart_by_rounding(self, faked, cropped):
        session = faked(Graph(lambda *planes: np.full_like(planes[0], np.nan)))
        levels = session.embed_levels(*cropped(16, 16))
        assert np.isnan(levels).all()
        with pytest.raises(ModelError, match=r"^model faked: gives values that are no numbers"):
            session.rounded(levels)

    @pytest.mark.parametrize("shape", [(20, 16, 3), (16, 20), (16, 20, 4)])
    def test_need_a_secret_of_the_cover_s_shape(self, session, shape):
        with pytest.raises(ShapeError, match="a secret of the cover's shape") as refusal:
            session.embed_levels(np.zeros((16, 20, 3), np.uint8), np.zeros(shape, np.uint8))
        assert refusal.value.actual_shape == shape


class TestRounding:
    @pytest.fixture
    def shaped(self, shaped_model):
        return Session(Model("shaped", shaped_model, {}))

    def test_of_the_first_release_is_to_the_nearest(self, cropped):
        session = Session(find_model("starinn-1"))
        _, secret = cropped(40, 24)
        levels = np.concatenate([session.embed_levels(np.full_like(secret, level), secret) for level in (0, 100, 255)])
        assert levels.min() < -1
        assert levels.max() > 256
        np.testing.assert_array_equal(session.whole_stego(levels), np.rint(levels).clip(0, 255))
        np.testing.assert_array_equal(session.whole_stego(levels, -np.inf, np.inf), np.rint(levels))

    @pytest.mark.parametrize(("height", "width"), SIZES)
    def test_is_shaped_by_the_model_s_metric(self, shaped, linear_metric, cropped, height, width):
        cover, secret = cropped(width, height)
        levels = shaped.embed_levels(cover, secret)
        stego, shaper = shaped.embed(cover, secret), NoiseShaper(linear_metric, reduced=True)
        assert (stego.shape, stego.dtype) == (cover.shape, np.uint8)
        np.testing.assert_array_equal(stego, shaper.whole(levels))
        np.testing.assert_array_equal(shaped.whole_stego(levels), stego)
        np.testing.assert_array_equal(
            shaped.whole_stego(levels, -np.inf, np.inf), shaper.whole(levels, -np.inf, np.inf)
        )
        assert (stego != to_u8(levels)).mean() > 0.1

    @pytest.mark.parametrize("level", [0, 255])
    def test_that_is_shaped_keeps_the_bounds_that_are_asked_for(self, shaped, cropped, level):
        _, secret = cropped(40, 24)
        levels = shaped.embed_levels(np.full_like(secret, level), secret)
        whole, free = shaped.whole_stego(levels), shaped.whole_stego(levels, -np.inf, np.inf)
        assert 0 <= whole.min() <= whole.max() <= 255
        assert free.min() < 0 or free.max() > 255

    def test_that_is_shaped_costs_the_cover_little_and_gives_the_secret_much(self, shaped, linear_model, cropped):
        cover, secret = cropped(96, 80)
        plain = Session(Model("plain", linear_model, {}))
        np.testing.assert_array_equal(plain.embed_levels(cover, secret), shaped.embed_levels(cover, secret))
        stego, nearest = shaped.embed(cover, secret), plain.embed(cover, secret)
        levels = plain.extract_levels(plain.embed_levels(cover, secret))
        noise, noise_nearest = (np.std(plain.extract_levels(each) - levels) for each in (stego, nearest))
        assert noise < 0.5 * noise_nearest
        assert psnr(cover, stego) > psnr(cover, nearest) - 0.1

    def test_is_of_blocks_that_no_tile_cuts(self):
        assert TILE_PX % NoiseShaper.BLOCK_PX == 0

    def test_is_of_the_whole_picture_and_not_of_its_tiles(self, shaped, cropped, monkeypatch):
        cover, secret = cropped(90, 70)
        stego = shaped.embed(cover, secret)
        monkeypatch.setattr("liftveil.runtime.session.TILE_PX", 28)
        np.testing.assert_array_equal(shaped.embed(cover, secret), stego)

    @pytest.mark.parametrize("level", [np.nan, np.inf])
    def test_of_levels_that_are_no_numbers_is_refused(self, faked, linear_metric, cropped, level):
        text = b64encode(linear_metric.tobytes()).decode()
        session = faked(Graph(lambda *planes: np.full_like(planes[0], level), rounding_metric=text))
        with pytest.raises(ModelError, match=r"^model faked: gives values that are no numbers"):
            session.embed(*cropped(16, 16))

    @pytest.mark.parametrize("spoilt", [0.0, -1.0, np.nan, np.inf])
    def test_with_a_metric_that_is_none_is_refused_in_one_line(self, faked, cropped, spoilt):
        metric = np.eye(48, dtype=np.float32)
        metric[3, 3] = spoilt
        graph = Graph(lambda cover, secret: cover + 0 * secret, rounding_metric=b64encode(metric.tobytes()).decode())
        with pytest.raises(ModelError, match=r"^model faked: its graph cannot be used \(.+\)$"):
            faked(graph).embed(*cropped(16, 16))


def test_inputs_are_not_changed(session, cropped):
    pictures = cropped(40, 24)
    before = [picture.copy() for picture in pictures]
    session.extract(session.embed(*pictures))
    np.testing.assert_array_equal(pictures, before)


def test_memory_layout_does_not_matter(session, cropped):
    cover, secret = cropped(40, 24)
    stego = session.embed(cover, secret)
    turned = [np.asfortranarray(cover), np.ascontiguousarray(secret[:, ::-1])[:, ::-1]]
    np.testing.assert_array_equal(session.embed(*turned), stego)


@pytest.mark.parametrize(
    "shape", [(16, 16), (16, 16, 4), (1, 16, 16, 3), (LEAST_PX - 1, 16, 3), (16, LEAST_PX - 1, 3), (0, 0, 3)]
)
class TestRefusedShapes:
    def test_of_the_cover(self, session, shape):
        picture = np.zeros(shape, np.uint8)
        with pytest.raises(ShapeError, match=r"expected an RGB picture .* of at least 16x16") as refusal:
            session.embed(picture, picture)
        assert refusal.value.actual_shape == shape

    def test_of_the_stego(self, session, shape):
        with pytest.raises(ShapeError, match="expected an RGB picture") as refusal:
            session.extract(np.zeros(shape, np.uint8))
        assert refusal.value.actual_shape == shape


def test_a_secret_of_another_shape_is_refused(session):
    cover, secret = np.zeros((16, 20, 3), np.uint8), np.zeros((20, 16, 3), np.uint8)
    with pytest.raises(ShapeError, match="a secret of the cover's shape") as refusal:
        session.embed(cover, secret)
    assert refusal.value.actual_shape == (20, 16, 3)


class TestGreySecrets:
    @pytest.fixture
    def pair(self, cropped):
        """A cover in colour and a secret in grey."""
        cover, secret = cropped(45, 37)
        return cover, secret[..., 1]

    @pytest.fixture
    def grey(self, grey_model):
        return Session(Model("grey", grey_model, {}))

    def test_are_told_by_the_graph(self, session, grey, faked):
        assert (session.secret_channels, grey.secret_channels) == (3, 1)
        assert faked(Graph(None)).secret_channels == 3
        assert faked(Graph(None, secret_channels="1")).secret_channels == 1

    def test_and_the_jpeg_they_survive(self, session, faked):
        assert session.jpeg_quality is None
        assert faked(Graph(None, jpeg_quality="80")).jpeg_quality == 80

    def test_come_back(self, grey, pair):
        cover, secret = pair
        stego = grey.embed(cover, secret)
        recovered = grey.extract(stego)
        assert (stego.shape, stego.dtype) == (cover.shape, np.uint8)
        assert (recovered.shape, recovered.dtype) == (secret.shape, np.uint8)
        assert recovered.flags.c_contiguous
        assert psnr(cover, stego) > 20
        assert psnr(secret, recovered) > 20  # half of the resolution, and less at the padded edges
        levels = grey.extract_levels(stego)
        assert (levels.shape, levels.dtype) == (secret.shape, np.float32)
        np.testing.assert_array_equal(recovered, to_u8(levels))

    def test_are_padded_as_one_plane(self, faked, pair):
        graph = Graph(lambda cover, secret: cover + 0 * secret, secret_channels="1")
        np.testing.assert_array_equal(faked(graph).embed(*pair), pair[0])
        assert graph.shapes == [(1, 3, 40, 48), (1, 1, 40, 48)]

    def test_are_put_together_from_tiles(self, grey, pair, monkeypatch):
        stego = grey.embed(*pair)
        recovered = grey.extract(stego)
        monkeypatch.setattr("liftveil.runtime.session.TILE_PX", 16)
        np.testing.assert_array_equal(grey.embed(*pair), stego)
        np.testing.assert_array_equal(grey.extract(stego), recovered)

    @pytest.mark.parametrize("shape", [(37, 45, 3), (37, 45, 1), (45, 37)])
    def test_of_another_shape_are_refused(self, grey, pair, shape):
        with pytest.raises(ShapeError, match=r"expected a grey secret \(37, 45\)$") as refusal:
            grey.embed(pair[0], np.zeros(shape, np.uint8))
        assert refusal.value.actual_shape == shape

    def test_do_not_excuse_covers_in_grey(self, grey, pair):
        with pytest.raises(ShapeError, match="expected an RGB picture"):
            grey.embed(pair[1], pair[1])


@pytest.mark.parametrize(("multiple", "padded"), [(1, (17, 31)), (4, (20, 32)), (16, (32, 32))])
def test_graphs_get_padded_planes_and_the_padding_is_cut_off(faked, cropped, multiple, padded):
    cover, secret = cropped(31, 17)
    graph = Graph(lambda cover, secret: (cover + secret) / 2, multiple)
    stego = faked(graph).embed(cover, secret)
    assert graph.shapes == [(1, 3, *padded)] * 2
    np.testing.assert_array_equal(stego, to_u8((cover.astype(np.float32) + secret) / 2))


class TestTiles:
    def test_of_the_shipped_model_give_what_the_whole_picture_gives(self, session, cropped, monkeypatch):
        cover, secret = cropped(333, 301)
        stego = session.embed(cover, secret)
        levels = session.extract_levels(stego)
        monkeypatch.setattr("liftveil.runtime.session.TILE_PX", 128)
        tiled = session.embed(cover, secret)
        assert np.abs(tiled.astype(int) - stego).max() <= 1
        assert (tiled == stego).mean() > 0.999
        np.testing.assert_allclose(session.extract_levels(stego), levels, rtol=0, atol=5e-3)

    def test_cover_the_picture_once_and_see_their_surroundings(self, faked, monkeypatch):
        picture = np.random.default_rng(0).integers(0, 256, (40, 70, 3), np.uint8)
        graph = Graph(lambda stego: stego, reach_px=6)
        monkeypatch.setattr("liftveil.runtime.session.TILE_PX", 32)
        np.testing.assert_array_equal(faked(graph).extract(picture), picture)
        # Rows 0..32 of 40 and the 8 below, columns 0..32, 32..64 and 64..72 of 72, each with 8 around where there are.
        assert graph.shapes == [
            *[(1, 3, 40, 40), (1, 3, 40, 48), (1, 3, 40, 16)],
            *[(1, 3, 16, 40), (1, 3, 16, 48), (1, 3, 16, 16)],
        ]


def test_each_direction_is_opened_once_and_when_needed(session, cropped):
    opened = []

    class Watched(Model):
        def read(self, name):
            opened.append(name)
            return super().read(name)

    model = session.model
    watched = Session(Watched(model.name, model.folder, model.sha256))
    assert opened == []
    stego = watched.embed(*cropped(16, 16))
    watched.embed(*cropped(16, 16))
    assert opened == [EMBED_FILE]
    watched.extract(stego)
    watched.load()
    assert opened == [EMBED_FILE, EXTRACT_FILE]


@pytest.mark.parametrize("missing", [EMBED_FILE, EXTRACT_FILE])
def test_loading_finds_a_missing_graph(faked, tmp_path, missing):
    session = faked(Graph(lambda stego: stego))
    (tmp_path / missing).unlink()
    with pytest.raises(ModelError, match=f"{missing} is missing"):
        session.load()


class TestLevelsThatAreNoNumbers:
    def test_are_refused_where_pixels_are_wanted(self, faked, cropped):
        session = faked(Graph(lambda *planes: np.full_like(planes[0], np.nan)))
        for act in (lambda: session.embed(*cropped(16, 16)), lambda: session.extract(cropped(16, 16)[0])):
            with pytest.raises(ModelError, match=r"^model faked: gives values that are no numbers"):
                act()

    def test_are_handed_over_as_levels(self, faked, cropped):
        session = faked(Graph(lambda stego: np.full_like(stego, np.nan)))
        assert np.isnan(session.extract_levels(cropped(16, 16)[0])).all()

    def test_infinite_ones_are_clipped(self, faked, cropped):
        session = faked(Graph(lambda stego: np.full_like(stego, np.inf)))
        assert (session.extract(cropped(16, 16)[0]) == 255).all()
