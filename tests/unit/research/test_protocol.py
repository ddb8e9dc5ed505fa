"""Processes that share nothing but a file: what they find in their folder, what they leave, how they refuse."""

import os
import shutil
import struct
import sys
import zlib
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import liftveil
from liftveil.comparison import compare
from liftveil.errors import LiftveilError
from liftveil.research import Pair, exchange, load_pair, protocol, scores_of
from liftveil.research.protocol import Exchange, plain_png, process_folder, receive, run_endpoint, send


def chunks(content):
    """Names and bodies of a PNG's chunks, with their checksums checked."""
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    found, at = [], 8
    while at < len(content):
        size, kind = struct.unpack(">I4s", content[at : at + 8])
        body = content[at + 8 : at + 8 + size]
        assert struct.unpack(">I", content[at + 8 + size : at + 12 + size]) == (zlib.crc32(kind + body),)
        found.append((kind, body))
        at += 12 + size
    return found


def tree(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


class TestPlainPng:
    @pytest.mark.parametrize("shape", [(1, 1, 3), (5, 7, 3), (64, 48, 3)])
    def test_pillow_reads_the_same_pixels(self, shape):
        pixels = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
        with Image.open(BytesIO(plain_png(pixels))) as picture:
            picture.load()
            assert (picture.format, picture.mode, picture.info) == ("PNG", "RGB", {})
            assert np.array_equal(np.asarray(picture), pixels)

    def test_nothing_but_pixels_is_in_it(self, cropped):
        pixels = cropped(64, 48)[0]
        (_, header), (_, body), (_, end) = found = chunks(plain_png(pixels))
        assert [kind for kind, _ in found] == [b"IHDR", b"IDAT", b"IEND"]
        assert (header, end) == (struct.pack(">IIBBBBB", 64, 48, 8, 2, 0, 0, 0), b"")
        assert len(zlib.decompress(body)) == 48 * (1 + 64 * 3)


class TestFolders:
    def test_they_are_gone_afterwards_whatever_happens(self, tmp_path):
        with process_folder(tmp_path) as folder:
            (folder / "some" / "where").mkdir(parents=True)
            assert folder.parent == tmp_path
        assert tree(tmp_path) == []
        with pytest.raises(FileNotFoundError), process_folder(tmp_path) as folder:
            (folder / "missing" / "file").touch()
        assert tree(tmp_path) == []

    def test_their_paths_are_absolute(self, tmp_path, monkeypatch):
        """The process's home is its folder, which it would not find by a path from elsewhere."""
        monkeypatch.chdir(tmp_path)
        (tmp_path / "work").mkdir()
        with process_folder(Path("work")) as folder:
            assert folder.is_absolute()

    def test_nobody_sees_more_than_it_needs(self, tmp_path, processes, pictures):
        """The sender's folder is gone when the receiver looks around, and the receiver's holds stegos alone."""
        seen = []
        processes.before = lambda act, _, folder: seen.append((act, tree(folder), tree(tmp_path), folder.name))
        loaded = load_pair(Pair(1, pictures / "a.png", pictures / "b.png", pictures), 3)
        exchange("lsb-4bit", loaded.cover, loaded.secret, work=tmp_path)
        (hide, sent, *_), (show, received, everything, name) = seen
        assert (hide, sent) == ("hide", ["cover.png", "secret.png"])
        assert (show, received) == ("show", ["stego.png"])
        assert everything == [name, f"{name}/stego.png"]
        assert tree(tmp_path) == []

    @pytest.mark.parametrize("at", ["hide", "show"])
    def test_they_are_gone_after_a_refusal(self, tmp_path, processes, pictures, at):
        def refuse(act, *_):
            if act == at:
                raise LiftveilError("no")

        processes.before = refuse
        loaded = load_pair(Pair(1, pictures / "a.png", pictures / "b.png", pictures), 3)
        with pytest.raises(LiftveilError, match="no"):
            exchange("lsb-4bit", loaded.cover, loaded.secret, work=tmp_path)
        assert tree(tmp_path) == []


class TestExchange:
    def test_what_is_sent_is_written_anew(self, processes, pictures, tmp_path):
        files = {}
        processes.before = lambda act, _, folder: (
            files.update({act: folder.joinpath("stego.png").read_bytes()}) if (act == "show") else None
        )
        loaded = load_pair(Pair(1, pictures / "a.png", pictures / "b.png", pictures), 3)
        result = exchange("lsb-4bit", loaded.cover, loaded.secret, work=tmp_path)
        assert files == {"show": plain_png(result.stego)}
        assert np.array_equal(result.stego, loaded.cover & 0xF0 | loaded.secret >> 4)
        assert processes.asked == [("hide", "lsb-4bit"), ("show", "lsb-4bit")]

    def test_grey_secrets_stay_grey(self, processes, pictures, grey_model):
        loaded = load_pair(Pair(1, pictures / "a.png", pictures / "b.png", pictures), 1)
        result = exchange(f"model:{grey_model}", loaded.cover, loaded.secret)
        assert (result.stego.shape, result.recovered.shape) == ((64, 80, 3), (64, 80))
        figures = scores_of(loaded.cover, loaded.secret, result)
        assert figures["secret_psnr_db"] > 20
        assert processes.asked[0][0] == "hide"

    def test_several_files_of_several_kinds_are_told_apart(self, processes, pictures):
        loaded = load_pair(Pair(1, pictures / "a.png", pictures / "b.png", pictures), 3)
        stego = send("lsb-4bit", loaded.cover, loaded.secret)
        lossy = BytesIO()
        Image.fromarray(stego).save(lossy, "JPEG", quality=50)
        files = {"stego-00.png": plain_png(stego), "stego-01.jpg": lossy.getvalue(), "stego-02.png": plain_png(~stego)}
        found = receive("lsb-4bit", files, grey=False)
        assert list(found) == list(files)
        assert np.array_equal(found["stego-00.png"] >> 4, loaded.secret >> 4)
        assert np.array_equal(found["stego-02.png"] >> 4, ~loaded.secret >> 4)
        with Image.open(lossy) as picture:
            assert np.array_equal(found["stego-01.jpg"] >> 4, np.asarray(picture) & 15)
        assert len(processes.asked) == 2

    def test_real_processes_give_what_the_library_gives(self, finished):
        """The pictures of the finished study went through processes; here, everything happens in this one."""
        for pair in finished.study.pairs:
            loaded = load_pair(pair, 3)
            stego = liftveil.embed(loaded.cover, loaded.secret, model="starinn-1")
            assert np.array_equal(kept(finished.folder, pair, "stego"), stego)
            assert np.array_equal(kept(finished.folder, pair, "recovered"), liftveil.extract(stego, model="starinn-1"))

    def test_scores_are_of_both_roles(self, cropped):
        cover, secret = cropped(64, 48)
        figures = scores_of(cover, secret, Exchange(cover ^ 1, secret))
        assert figures == {
            **{f"cover_{key}": value for key, value in compare(cover, cover ^ 1).items()},
            **{f"secret_{key}": value for key, value in compare(secret, secret).items()},
        }


def kept(folder, pair, role):
    with Image.open(folder / "pictures" / f"{pair.label}-{role}.png") as picture:
        return np.asarray(picture.convert("RGB"))


class TestEndpoint:
    def test_refusals_are_one_line_and_nothing_is_warned_of(self, tmp_path, monkeypatch):
        monkeypatch.setenv("PYTHONWARNINGS", "error")
        with pytest.raises(LiftveilError, match=r"^no system is called 'nonsense'; there are lsb-4bit, .*NAME$"):
            run_endpoint("hide", "nonsense", tmp_path)
        assert tree(tmp_path) == []

    def test_the_process_has_one_thread_its_folder_and_no_other_home(self, tmp_path, monkeypatch):
        monkeypatch.setattr(protocol.sys, "executable", script(tmp_path, "pwd; echo $HOME $LIFTVEIL_THREADS $@ >&2"))
        monkeypatch.setenv("HOME", "/elsewhere")
        monkeypatch.setenv("LIFTVEIL_THREADS", "7")
        with pytest.raises(LiftveilError) as refusal:
            run_endpoint("hide", "some name", tmp_path)
        assert str(refusal.value) == f"{tmp_path} 1 -P -m liftveil.research.endpoint hide some name"

    @pytest.mark.parametrize(
        ("body", "problem"),
        [
            ("true", "'show' of lsb-4bit ended with 3"),
            ("kill -9 $$", "'show' of lsb-4bit ended with -9"),
            ("echo first >&2; echo liftveil: why >&2; echo >&2", "why"),
        ],
    )
    def test_failures_are_told(self, tmp_path, monkeypatch, body, problem):
        monkeypatch.setattr(protocol.sys, "executable", script(tmp_path, body))
        with pytest.raises(LiftveilError) as refusal:
            run_endpoint("show", "lsb-4bit", tmp_path)
        assert str(refusal.value) == problem


def script(folder, body):
    """An executable that stands for Python and fails."""
    path = folder / "python"
    path.write_text(f"#!{shutil.which('sh')}\n{body}\nexit 3\n")
    path.chmod(0o755)
    assert os.access(path, os.X_OK)
    assert path != Path(sys.executable)
    return str(path)
