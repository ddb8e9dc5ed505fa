"""`liftveil embed`, `extract` and `capacity` with the exact carrier."""

import io
import json
import os
import sys

import numpy as np
import pytest
from PIL import Image

from liftveil.cli import passwords
from liftveil.metrics import psnr

CLOSED = "cannot be opened: wrong password, or the picture was changed"
PAIR = ("cover.png", "secret.png")
HINT = "if a password was used, give --password-prompt"


@pytest.fixture
def folder(tmp_path, cropped):
    """With cover.png and secret.png of 96x64 pixels, a file and a password."""
    for name, pixels in zip(("cover", "secret"), cropped(96, 64), strict=True):
        Image.fromarray(pixels).save(tmp_path / f"{name}.png")
    (tmp_path / "notes.txt").write_bytes(b"line\n" * 100)
    (tmp_path / "word").write_bytes("grün\nsecond line".encode())
    (tmp_path / "word").chmod(0o600)
    return tmp_path


def pixels(path):
    with Image.open(path) as image:
        return np.array(image)


@pytest.fixture
def good(invoke, folder):  # noqa: ARG001 - the files have to exist
    """Run a command that must end well without a word on the error stream."""

    def run(*arguments):
        finished = invoke(*arguments)
        assert (finished.returncode, finished.stderr) == (0, "")
        return finished.stdout

    return run


@pytest.fixture
def refused(invoke, folder):
    """Run a command that must end with one line, and leave the folder as it was."""

    def run(*arguments, code=1):
        before = {path: path.read_bytes() for path in folder.iterdir()}
        finished = invoke(*arguments)
        assert (finished.returncode, finished.stdout) == (code, "")
        assert {path: path.read_bytes() for path in folder.iterdir()} == before
        *_, last = finished.stderr.splitlines()
        return last

    return run


class TestPictures:
    def test_without_loss(self, good, folder):
        said = good("embed", *PAIR, "-o", "stego.png", "--carrier", "exact", "--lossless")
        shown = f"{psnr(pixels(folder / 'cover.png'), pixels(folder / 'stego.png')):.2f} dB"
        assert said.splitlines() == [
            "stego.png: 96x64, hidden with the exact carrier",
            f"cover as seen      {shown}",
            "secret recovered   identical  (opened from the written file)",
        ]
        said = good("extract", "stego.png", "-o", "recovered.png")
        assert said == "recovered.png: 96x64, opened by the exact carrier\n"
        np.testing.assert_array_equal(pixels(folder / "recovered.png"), pixels(folder / "secret.png"))

    def test_as_good_as_fits(self, good, folder):
        good("embed", *PAIR, "-o", "stego.png", "--min-psnr", "52")
        assert 52 <= psnr(pixels(folder / "cover.png"), pixels(folder / "stego.png")) < 53
        good("extract", "stego.png", "-o", "recovered.png")
        assert psnr(pixels(folder / "secret.png"), pixels(folder / "recovered.png")) > 25

    def test_auto_is_what_is_done_anyway(self, good):
        for options in ([], ["--quality", "auto"]):
            record = json.loads(
                good(
                    "embed",
                    "cover.png",
                    "secret.png",
                    "-o",
                    "s.png",
                    "--carrier",
                    "exact",
                    "--json",
                    "--force",
                    *options,
                )
            )
            assert record["cover_psnr_db"] >= 46.3

    @pytest.mark.parametrize("suffix", [".png", ".webp", ".tif"])
    def test_survives_every_lossless_format_and_a_change_between_them(self, good, folder, suffix):
        good("embed", *PAIR, "-o", f"stego{suffix}", "--lossless", "--password-file", "word")
        for other in (".png", ".webp", ".tif"):
            options = {"lossless": True, "exact": True} if other == ".webp" else {}
            Image.fromarray(pixels(folder / f"stego{suffix}")).save(folder / f"again{other}", **options)
            good("extract", f"again{other}", "-o", "recovered.png", "--password-file", "word", "--force")
            np.testing.assert_array_equal(pixels(folder / "recovered.png"), pixels(folder / "secret.png"))

    def test_json_says_what_a_service_needs_and_no_password(self, good):
        arguments = (
            "embed",
            "cover.png",
            "secret.png",
            "-o",
            "s.png",
            "--lossless",
            "--password-file",
            "word",
            "--json",
        )
        said = good(*arguments)
        record = json.loads(said)
        assert record.keys() == {
            "stego",
            "width",
            "height",
            "carrier",
            "password",
            "cover_psnr_db",
            "secret_psnr_db",
            "secret_bytes",
            "notices",
        }
        assert (record["carrier"], record["password"], record["secret_psnr_db"]) == ("exact", True, None)
        assert "grün" not in said
        record = json.loads(good("extract", "s.png", "-o", "r.png", "--password-file", "word", "--json"))
        assert record == {
            "recovered": "r.png",
            "carrier": "exact",
            "name": "secret.png",
            "width": 96,
            "height": 64,
            "notices": [],
        }


class TestFiles:
    def test_come_back(self, good, folder):
        said = good("embed", "cover.png", "notes.txt", "-o", "stego.png", "--file")
        assert said.splitlines()[2] == "file recovered     500 bytes, identical  (opened from the written file)"
        said = good("extract", "stego.png", "-o", "found")
        assert said == "found: 500 bytes, hidden as notes.txt, opened by the exact carrier\n"
        assert (folder / "found").read_bytes() == (folder / "notes.txt").read_bytes()

    def test_go_nowhere_but_to_the_output(self, good, folder):
        good("embed", "cover.png", "notes.txt", "-o", "stego.png", "--file")
        (folder / "notes.txt").unlink()
        good("extract", "stego.png", "-o", "found")
        assert not (folder / "notes.txt").exists()

    def test_one_byte_too_large_are_refused_with_the_numbers(self, refused, good, folder):
        (folder / "big").write_bytes(bytes(10**6))  # so large that it is not even read
        last = refused("embed", "cover.png", "big", "-o", "stego.png", "--file")
        needed, room = (int(word) for word in last.split() if word.isdecimal())
        assert needed == 10**6
        (folder / "big").write_bytes(bytes(room))
        good("embed", "cover.png", "big", "-o", "stego.png", "--file")
        (folder / "big").write_bytes(bytes(room + 1))
        last = refused("embed", "cover.png", "big", "-o", "other.png", "--file")
        assert last == f"liftveil: {room + 1} bytes are needed and {room} are there; hide less or use a larger cover"

    @pytest.mark.parametrize(("name", "problem"), [("missing", "no such file"), (".", "is not a regular file")])
    def test_that_are_none_are_refused(self, refused, name, problem):
        assert refused("embed", "cover.png", name, "-o", "stego.png", "--file").startswith(
            f"liftveil: {name}: {problem}"
        )

    def test_keep_what_is_there(self, good, refused, folder):
        good("embed", "cover.png", "notes.txt", "-o", "stego.png", "--file")
        assert "notes.txt: exists already" in refused("extract", "stego.png", "-o", "notes.txt")
        assert "stego.png: exists already" in refused("embed", "cover.png", "notes.txt", "-o", "stego.png", "--file")
        (folder / "notes.txt").write_bytes(b"other")
        good("extract", "stego.png", "-o", "notes.txt", "--force")
        assert (folder / "notes.txt").read_bytes() == b"line\n" * 100


class TestRefusals:
    @pytest.fixture
    def stego(self, good, folder):
        good("embed", "cover.png", "notes.txt", "-o", "stego.png", "--file", "--password-file", "word")
        return folder / "stego.png"

    def test_of_another_password(self, refused, stego, folder):
        (folder / "other").write_text("gruen")
        (folder / "other").chmod(0o600)
        last = refused("extract", stego.name, "-o", "found", "--password-file", "other")
        assert last == f"liftveil: stego.png: {CLOSED}"

    def test_without_the_password_the_neural_carrier_finds_noise_and_says_so(self, good, refused, stego):
        assert refused("extract", stego.name, "-o", "found", "--carrier", "exact") == f"liftveil: stego.png: {CLOSED}"
        assert good("extract", stego.name, "-o", "found.png").splitlines()[1:] == [HINT]

    def test_of_changed_and_cropped_pictures_and_lossy_copies(self, refused, stego, folder):
        changed = pixels(stego)
        changed[3, 4, 1] ^= 1
        Image.fromarray(changed).save(folder / "changed.png")
        Image.fromarray(pixels(stego)[:, :-1]).save(folder / "cropped.png")
        Image.fromarray(pixels(stego)).save(folder / "lossy.jpg", quality=100, subsampling=0)
        for name, cause in (("changed.png", ""), ("cropped.png", ""), ("lossy.jpg", ", as JPEG does to every pixel")):
            last = refused("extract", name, "-o", "found", "--password-file", "word")
            assert last == f"liftveil: {name}: {CLOSED}{cause}"

    def test_of_outputs_that_are_lossy(self, refused):
        last = refused("embed", *PAIR, "-o", "stego.jpg", "--lossless")
        assert "JPEG changes pixels" in last

    def test_of_small_covers(self, refused, folder):
        Image.new("RGB", (26, 26)).save(folder / "small.png")
        last = refused("embed", "small.png", "notes.txt", "-o", "stego.png", "--file")
        assert last.startswith("liftveil: small.png: 26x26 pixels is too small for the exact carrier")

    @pytest.mark.parametrize(
        ("options", "words"),
        [
            (["--carrier", "neural", "--lossless"], "--lossless: needs the exact carrier"),
            (["--carrier", "neural", "--password-file", "word"], "--password-file: needs the exact carrier"),
            (["--lossless", "--min-psnr", "40"], "--lossless: takes what it needs"),
            (["--lossless", "--file"], "--lossless: takes what it needs"),
            (["--carrier", "exact", "--quality", "80"], "--quality: the exact carrier writes no JPEG"),
            (["--carrier", "exact", "--model", "starinn"], "--model: is for the neural carrier"),
            (["--quality", "80"], "--quality: only a stego in JPEG has one"),
            (["--quality", "9" * 5000], "is neither auto nor a number from 1 to 100"),
            (["--quality", "101"], "'101' is neither auto nor a number from 1 to 100"),
            (["--quality", "best"], "'best' is neither auto nor a number"),
            (["--carrier", "exactly"], "exactly"),
        ],
    )
    def test_of_options_that_do_not_go_together(self, refused, options, words):
        assert words in refused("embed", *PAIR, "-o", "stego.png", *options, code=2)

    def test_of_a_model_for_the_exact_carrier(self, refused):
        last = refused("extract", "cover.png", "-o", "r.png", "--carrier", "exact", "--model", "starinn", code=2)
        assert "--model: is for the neural carrier" in last

    def test_of_a_password_for_the_neural_carrier(self, refused):
        for options in (["--carrier", "neural"], ["--model", "starinn"]):
            last = refused("extract", "cover.png", "-o", "r.png", "--password-file", "word", *options, code=2)
            assert "takes no password" in last


class TestPasswordFiles:
    def test_are_read_to_the_end_of_their_first_line(self, folder):
        (folder / "windows").write_bytes(b"word\r\nmore")
        (folder / "marked").write_bytes(b"\xef\xbb\xbfgr\xc3\xbcn\r\n")  # which some editors put in front of UTF-8
        for name in ("windows", "marked"):
            (folder / name).chmod(0o600)
        for name, password in (("word", "grün"), ("windows", "word"), ("marked", "grün")):
            assert passwords.wanted_password(folder / name, prompt=False, twice=True) == password

    @pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
    def test_that_others_can_read_are_warned_of(self, invoke, folder):
        (folder / "word").chmod(0o644)
        finished = invoke("embed", "cover.png", "notes.txt", "-o", "stego.png", "--file", "--password-file", "word")
        assert finished.returncode == 0
        assert finished.stderr == "note: word: other users may read this password; protect it with: chmod 600\n"

    @pytest.mark.parametrize(
        ("content", "problem"),
        [
            (b"", "its first line is empty"),
            (b"\nword", "its first line is empty"),
            (b"\xff\xfe", "its first line is not UTF-8"),
            (b"x" * 4097, "its first line is longer than 4096 bytes"),
        ],
    )
    def test_without_one_are_refused(self, refused, folder, content, problem):
        (folder / "word").write_bytes(content)
        last = refused("embed", "cover.png", "notes.txt", "-o", "stego.png", "--file", "--password-file", "word")
        assert last.startswith(f"liftveil: word: {problem}")

    @pytest.mark.parametrize("name", ["missing", "."])
    def test_that_are_missing_or_folders_are_refused(self, refused, name):
        last = refused("extract", "cover.png", "-o", "r.png", "--password-file", name)
        assert last.startswith(f"liftveil: {name}: cannot be read (")


class TestPrompts:
    @pytest.fixture
    def typed(self, monkeypatch):
        """What is typed at the terminal, one password after the other."""
        words, asked = [], []

        def ask(prompt):
            asked.append(prompt)
            return words.pop(0)

        terminal = io.StringIO()
        terminal.isatty = lambda: True
        monkeypatch.setattr(sys, "stdin", terminal)
        monkeypatch.setattr(passwords, "getpass", ask)
        return words, asked

    def test_ask_twice_to_hide_and_once_to_find(self, good, typed, folder):
        words, asked = typed
        words += ["word", "word", "word"]
        good("embed", "cover.png", "notes.txt", "-o", "stego.png", "--file", "--password-prompt")
        assert asked == ["Password: ", "Again: "]
        good("extract", "stego.png", "-o", "found", "--password-prompt")
        assert asked == ["Password: ", "Again: ", "Password: "]
        assert (folder / "found").read_bytes() == (folder / "notes.txt").read_bytes()

    @pytest.mark.parametrize(
        ("answers", "problem"), [(["word", "wort"], "the passwords differ"), ([""], "the password is empty")]
    )
    def test_refuse_slips(self, refused, typed, answers, problem):
        typed[0].extend(answers)
        last = refused("embed", "cover.png", "notes.txt", "-o", "stego.png", "--file", "--password-prompt")
        assert problem in last
        assert "word" not in last.replace("password", "")

    def test_need_a_terminal(self, run_cli, folder):
        before = sorted(folder.iterdir())
        arguments = ("embed", "cover.png", "notes.txt", "-o", "stego.png", "--file", "--password-prompt")
        finished = run_cli(*arguments)
        assert (finished.returncode, finished.stdout) == (1, "")
        line = "liftveil: --password-prompt: there is no terminal to ask on; use --password-file\n"
        assert finished.stderr == line
        assert sorted(folder.iterdir()) == before

    def test_without_an_answer_are_refused(self, refused, monkeypatch, typed):  # noqa: ARG002 - there is a terminal
        def end_of_file(_):
            raise EOFError

        monkeypatch.setattr(passwords, "getpass", end_of_file)
        last = refused("extract", "cover.png", "-o", "r.png", "--password-prompt")
        assert last.startswith("liftveil: --password-prompt: no password was given")

    def test_without_a_standard_input_are_refused(self, refused, monkeypatch):
        monkeypatch.setattr(sys, "stdin", None)
        assert "there is no terminal to ask on" in refused("extract", "cover.png", "-o", "r.png", "--password-prompt")

    def test_are_not_asked_for_in_vain(self, refused, typed, folder):
        (folder / "stego.png").write_text("precious")
        last = refused("embed", "cover.png", "notes.txt", "-o", "stego.png", "--file", "--password-prompt")
        assert last.startswith("liftveil: stego.png: exists already")
        assert typed[1] == []

    def test_do_not_go_with_a_file(self, refused):
        options = ("--password-prompt", "--password-file", "word")
        assert "give one of them" in refused("embed", "cover.png", "notes.txt", "-o", "s.png", "--file", *options)


class TestCapacity:
    def test_is_told_for_several_qualities(self, good):
        first, _, *rows = good("capacity", "cover.png").splitlines()
        assert first == "cover.png: 96x64"
        assert [row.split()[0] for row in rows] == ["50", "46", "44", "42", "40"]
        rooms = [int(row.split()[2].replace(",", "")) for row in rows]
        assert rooms == sorted(rooms)

    def test_is_what_fits(self, good, refused, folder):
        rows = json.loads(good("capacity", "cover.png", "--json"))["capacity"]
        room = next(row["bytes"] for row in rows if row["cover_psnr_db"] == 46.0)
        (folder / "big").write_bytes(np.random.default_rng(0).bytes(room - 3))  # the name takes three
        good("embed", "cover.png", "big", "-o", "stego.png", "--file", "--min-psnr", "46")
        assert psnr(pixels(folder / "cover.png"), pixels(folder / "stego.png")) >= 46
        (folder / "big").write_bytes(bytes(room - 2))
        refused("embed", "cover.png", "big", "-o", "other.png", "--file", "--min-psnr", "46")

    def test_of_small_covers_is_refused(self, refused, folder):
        Image.new("RGB", (20, 20)).save(folder / "small.png")
        assert "too small" in refused("capacity", "small.png")

    def test_of_white_covers_is_less(self, good, folder):
        Image.new("RGB", (96, 64), "white").save(folder / "white.png")
        rooms = [json.loads(good("capacity", name, "--json"))["capacity"] for name in ("white.png", "cover.png")]
        assert all(white["bytes"] < other["bytes"] for white, other in zip(*rooms, strict=True))


def test_everything_in_separate_processes_leaves_nothing_behind(run_cli, folder):
    hidden = run_cli("embed", "cover.png", "notes.txt", "-o", "stego.png", "--file", "--password-file", "word")
    assert (hidden.returncode, hidden.stderr) == (0, "")
    found = run_cli("extract", "stego.png", "-o", "found", "--password-file", "word")
    assert (found.returncode, found.stderr) == (0, "")
    assert (folder / "found").read_bytes() == (folder / "notes.txt").read_bytes()
    names = {"cover.png", "secret.png", "notes.txt", "word", "stego.png", "found"}
    assert {path.name for path in folder.iterdir()} == names
