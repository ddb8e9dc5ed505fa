"""`liftveil evaluate`: files and folders, and what cannot be evaluated."""

import csv
import json

import numpy as np
import pytest
from PIL import Image
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

COMMANDS = ["stego", "secret"]


def pixels(path):
    return np.asarray(Image.open(path).convert("RGB"))


def changed(picture):
    noise = np.random.default_rng(0).integers(-2, 3, picture.shape)
    return Image.fromarray(np.clip(picture + noise, 0, 255).astype(np.uint8))


@pytest.fixture
def files(tmp_path, photographs):
    """Two photographs of 200x180 pixels, and each with noise: 1.png, 2.jpg and out/1.png, out/2.png."""
    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir()
    for name, path in zip(("1.png", "2.jpg"), photographs, strict=True):
        Image.open(path).crop((100, 100, 300, 280)).convert("RGB").save(tmp_path / "in" / name)
        changed(pixels(tmp_path / "in" / name)).save(tmp_path / "out" / f"{name[0]}.png")
    return tmp_path


@pytest.fixture
def troubled(files):
    """The same with a picture of another size, a broken one, one without partner on either side, and two alike."""
    for name in ("size", "cut", "lonely"):
        Image.open(files / "in/1.png").save(files / "in" / f"{name}.png")
    Image.open(files / "out/1.png").resize((100, 90)).save(files / "out/size.png")
    (files / "out/cut.png").write_bytes((files / "out/1.png").read_bytes()[:5000])
    for name in ("found", "twice"):
        Image.open(files / "out/1.png").save(files / "out" / f"{name}.png")
    Image.open(files / "out/1.png").save(files / "out/twice.bmp")
    (files / "out/.hidden.png").write_bytes(b"garbage")
    (files / "out/notes.txt").write_text("not looked at")
    return files


PROBLEMS = [
    "note: cut: not evaluated: out/cut.png: damaged or truncated (",
    "note: found: not evaluated: out/found.png has no partner in in",
    "note: lonely: not evaluated: in/lonely.png has no partner in out",
    "note: size: not evaluated: out/size.png: 100x90 pixels, but in/size.png has 200x180; only pictures of the same",
    "note: twice: not evaluated: out/twice.bmp and out/twice.png have the same name without suffix; keep one of them",
    "liftveil: out: evaluated 2 pairs; 5 could not be evaluated",
]


def starts(lines, expected):
    return [line.startswith(start) for line, start in zip(lines, expected, strict=True)] == [True] * len(expected)


def refused(finished, problem):
    assert (finished.returncode, finished.stdout) == (1, "")
    [line] = finished.stderr.splitlines()
    assert line.startswith(f"liftveil: {problem}")


class TestFiles:
    @pytest.mark.parametrize("command", COMMANDS)
    def test_figures_are_those_of_scikit_image(self, files, invoke, command):
        finished = invoke("evaluate", command, "in/1.png", "out/1.png", "--json")
        assert (finished.returncode, finished.stderr) == (0, "note: evaluated 1 pair\n")
        [pair] = json.loads(finished.stdout)["pairs"]
        first, second = pixels(files / "in/1.png"), pixels(files / "out/1.png")
        options = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False, "channel_axis": 2}
        assert pair["psnr_db"] == pytest.approx(peak_signal_noise_ratio(first, second), abs=1e-4)
        assert pair["ssim"] == pytest.approx(structural_similarity(first, second, **options), abs=1e-6)
        wrong = (np.unpackbits(first) != np.unpackbits(second)).mean()
        assert pair["ber"] == pytest.approx(wrong, abs=1e-6)
        assert pair["bit_accuracy"] == pytest.approx(1 - wrong, abs=1e-6)

    def test_stegos_have_the_sizes_of_their_files(self, files, invoke):
        record = json.loads(invoke("evaluate", "stego", "in/2.jpg", "out/2.png", "--json").stdout)
        [pair] = record["pairs"]
        assert (pair["cover"], pair["stego"], pair["name"]) == ("in/2.jpg", "out/2.png", "2.jpg / 2.png")
        for key, name in (("file_bpp", "out/2.png"), ("cover_file_bpp", "in/2.jpg")):
            assert pair[key] == pytest.approx((files / name).stat().st_size * 8 / 36000, abs=1e-6)
        assert "effective_bpp" not in pair

    @pytest.mark.usefixtures("files")
    def test_secrets_have_their_bits(self, invoke):
        [pair] = json.loads(invoke("evaluate", "secret", "in/1.png", "out/1.png", "--json").stdout)["pairs"]
        assert (pair["secret"], pair["recovered"], pair["bpp"]) == ("in/1.png", "out/1.png", 24)
        assert 8 < pair["effective_bpp"] < 16
        assert "file_bpp" not in pair

    @pytest.mark.usefixtures("files")
    def test_identical_pictures(self, invoke):
        words = ("evaluate", "stego", "in/1.png", "in/1.png")
        assert invoke(*words).stdout.splitlines()[1].split()[3:6] == ["same", "same", "1.0000"]
        record = json.loads(invoke(*words, "--json").stdout)
        assert (record["pairs"][0]["psnr_db"], record["summary"]["identical"]) == (None, 1)

    @pytest.mark.parametrize("command", COMMANDS)
    def test_are_refused_by_name(self, troubled, invoke, command):
        for words, problem in (
            (("in/1.png", "out/nowhere.png"), "out/nowhere.png: no such file"),
            (("in/nowhere.png", "out/1.png"), "in/nowhere.png: no such file"),
            (("in/1.png", "out/cut.png"), "out/cut.png: damaged or truncated"),
            (("in/1.png", "out/size.png"), "out/size.png: 100x90 pixels, but in/1.png has 200x180; only"),
            (("in/1.png", "out"), "out: is a folder, but in/1.png is none; give two pictures or two folders"),
            (("in", "out/1.png"), "in: is a folder, but out/1.png is none; give two pictures or two folders"),
            (("in", "nowhere"), "in: is a folder, but nowhere is none; give two pictures or two folders"),
            (("in/1.png", "out/notes.txt"), "out/notes.txt: is no picture"),
        ):
            refused(invoke("evaluate", command, *words), problem)
            refused(invoke("evaluate", command, *words, "--json"), problem)
        assert (troubled / "out/notes.txt").read_text() == "not looked at"


class TestFolders:
    @pytest.mark.usefixtures("files")
    @pytest.mark.parametrize("command", COMMANDS)
    def test_text_has_every_pair_and_ends(self, invoke, command):
        finished = invoke("evaluate", command, "in", "out")
        assert (finished.returncode, finished.stderr) == (0, "note: evaluated 2 pairs\n")
        labels = [line.split()[0] for line in finished.stdout.splitlines() if line]
        assert labels == [command.replace("stego", "cover"), *(ends := ["1", "2", "mean", "worst"]), "wrong", *ends]

    @pytest.mark.usefixtures("troubled")
    @pytest.mark.parametrize("command", COMMANDS)
    def test_troubles_are_told_one_by_one_and_the_rest_is_evaluated(self, invoke, command):
        finished = invoke("evaluate", command, "in", "out", "--json")
        assert finished.returncode == 1
        assert starts(finished.stderr.splitlines(), PROBLEMS)
        record = json.loads(finished.stdout)
        assert [pair["name"] for pair in record["pairs"]] == ["1", "2"]
        assert [problem["name"] for problem in record["problems"]] == ["cut", "found", "lonely", "size", "twice"]
        assert record["summary"]["pairs"] == 2

    @pytest.mark.usefixtures("troubled")
    def test_csv_can_be_loaded(self, invoke):
        finished = invoke("evaluate", "secret", "in", "out", "--csv")
        assert finished.returncode == 1
        assert starts(finished.stderr.splitlines(), PROBLEMS)
        rows = list(csv.DictReader(finished.stdout.splitlines()))
        assert [row["row"] for row in rows] == ["pair", "pair", "mean", "worst"]
        assert [row["recovered"] for row in rows] == ["out/1.png", "out/2.png", "", ""]
        values = [float(row["psnr_db"]) for row in rows]
        assert values[2:] == pytest.approx([(values[0] + values[1]) / 2, min(values[:2])])

    @pytest.mark.usefixtures("troubled")
    def test_text_is_printed_in_spite_of_troubles(self, invoke):
        finished = invoke("evaluate", "stego", "in", "out")
        assert finished.returncode == 1
        assert [line.split()[0] for line in finished.stdout.splitlines()[1:5]] == ["1", "2", "mean", "worst"]

    @pytest.mark.parametrize("options", [(), ("--json",), ("--csv",)])
    def test_nothing_to_evaluate_is_an_error(self, files, invoke, options):
        (files / "out/1.png").rename(files / "out/3.png")
        (files / "out/2.png").unlink()
        finished = invoke("evaluate", "stego", "in", "out", *options)
        assert (finished.returncode, finished.stdout) == (1, "")
        assert finished.stderr.splitlines() == [
            "note: 1: not evaluated: in/1.png has no partner in out",
            "note: 2: not evaluated: in/2.jpg has no partner in out",
            "note: 3: not evaluated: out/3.png has no partner in in",
            "liftveil: out: evaluated 0 pairs; 3 could not be evaluated",
        ]

    def test_folders_without_pictures_are_refused(self, invoke, tmp_path):
        for name in ("a", "b"):
            (tmp_path / name).mkdir()
        refused(invoke("evaluate", "secret", "a", "b"), "a: holds no pictures, and neither does b")

    def test_grey_and_colour_pictures_are_compared_in_rgb(self, files, invoke):
        Image.open(files / "in/1.png").convert("L").save(files / "in/1.png")
        finished = invoke("evaluate", "secret", "in", "out", "--json")
        assert finished.returncode == 0
        first, _ = json.loads(finished.stdout)["pairs"]
        expected = peak_signal_noise_ratio(pixels(files / "in/1.png"), pixels(files / "out/1.png"))
        assert (first["psnr_db"], first["bpp"]) == (pytest.approx(expected, abs=1e-4), 8)


class TestUsage:
    @pytest.mark.usefixtures("files")
    @pytest.mark.parametrize(
        ("arguments", "problem"),
        [
            ((), "Usage: "),
            (("stego",), "Missing argument"),
            (("secret", "in/1.png"), "Missing argument"),
            (("stego", "in/1.png", "out/1.png", "--json", "--csv"), "--json and --csv exclude each other"),
            (("secret", "in", "out", "--csv", "--json"), "--json and --csv exclude each other"),
            (("cover", "in", "out"), "No such command 'cover'"),
        ],
    )
    def test_bad_usage_ends_with_2(self, invoke, arguments, problem):
        finished = invoke("evaluate", *arguments)
        assert finished.returncode == 2
        assert problem in finished.stdout + finished.stderr
        assert "Traceback" not in finished.stderr

    def test_help_names_what_there_is(self, invoke):
        group = invoke("evaluate", "--help")
        assert group.returncode == 0
        for command in COMMANDS:
            assert f"\n  {command} " in group.stdout
            finished = invoke("evaluate", command, "--help")
            assert (finished.returncode, finished.stderr) == (0, "")
            assert [option for option in ("--json", "--csv") if option not in finished.stdout] == []


def test_a_fresh_process_says_the_same(troubled, run_cli, invoke):
    finished = run_cli("evaluate", "stego", "in", "out", "--json", cwd=troubled)
    assert finished.returncode == 1
    assert starts(finished.stderr.splitlines(), PROBLEMS)
    assert finished.stdout == invoke("evaluate", "stego", "in", "out", "--json").stdout
