import json
import os
import re
import shutil
from hashlib import sha256
from pathlib import Path

import numpy as np
import onnx
import pytest
from safetensors import safe_open

from liftveil.config import config_from, config_table, model_config_from, read_config
from liftveil.errors import ModelError
from liftveil.weights import (
    DEFAULT_MODEL,
    EMBED_FILE,
    EXTRACT_FILE,
    WEIGHTS_FILE,
    Model,
    aliases,
    find_model,
    manifest,
    releases,
)

ROOT = Path(__file__).parents[3]
NAMES = sorted(releases())
FACTS = {"liftveil", "config", "steps", "training_seconds", "torch"}


def graph_facts(path):
    model = onnx.load(path)
    return {entry.key: entry.value for entry in model.metadata_props}


def weights_facts(path):
    with safe_open(path, "np") as file:
        return file.metadata()


def completed(run, published):
    """What a run says, and of keys that came after it what the published file says."""
    run["data"].pop("workers", None)  # moved to [compute], and no part of what a run gives
    return {section: values | run.get(section, {}) for section, values in published.items()}


@pytest.mark.parametrize("name", NAMES)
class TestEveryRelease:
    def test_its_name_ends_in_its_version(self, name):
        assert re.fullmatch(r"[a-z]+(-[a-z]+)?-[1-9]\d*", name)

    def test_its_files_are_those_of_the_table(self, name):
        model = releases()[name]
        assert {file.name for file in model.folder.iterdir()} == {EMBED_FILE, EXTRACT_FILE, WEIGHTS_FILE}
        hashes = {file.name: sha256(file.read_bytes()).hexdigest() for file in model.folder.iterdir()}
        assert model.sha256 == hashes

    def test_every_file_tells_configuration_and_training(self, name):
        model = releases()[name]
        told = [graph_facts(model.file(EMBED_FILE)), graph_facts(model.file(EXTRACT_FILE))]
        weights = weights_facts(model.file(WEIGHTS_FILE))
        for facts in (*told, weights):
            assert facts.keys() >= {*FACTS, "model"}
            assert {key: facts[key] for key in (*FACTS, "model")} == {key: weights[key] for key in (*FACTS, "model")}
        model_alone = json.loads(weights["model"])
        assert model_alone == json.loads(weights["config"])["model"]
        assert int(weights["steps"]) > 0
        assert float(weights["training_seconds"]) > 0
        assert {facts["multiple"] for facts in told} == {str(2 ** model_config_from(model_alone).levels)}

    def test_the_configurations_of_its_runs_are_published_and_the_last_was_run_to_the_end(self, name):
        """A run may go on with another configuration, or from the weights of an earlier release."""
        facts = weights_facts(releases()[name].file(WEIGHTS_FILE))
        runs = [*json.loads(facts["earlier_runs"]), facts]
        recipes = {path.stem: read_config(path) for path in (ROOT / "configs").glob("*.toml")}
        for run in runs:
            told = json.loads(run["config"])
            same = [
                key for key, recipe in recipes.items() if config_from(completed(told, config_table(recipe))) == recipe
            ]
            assert len(same) == 1
        assert same[0].startswith(name)
        assert int(facts["steps"]) == recipes[same[0]].training.steps

    def test_its_files_name_no_folder_of_the_machine_that_made_them(self, name):
        model = releases()[name]
        told = [str(weights_facts(model.file(WEIGHTS_FILE))).encode()]
        for file in (EMBED_FILE, EXTRACT_FILE):
            graph = onnx.load(model.file(file))
            for tensor in graph.graph.initializer:
                tensor.ClearField("raw_data")
            told.append(graph.SerializeToString())
        assert re.findall(rb"/(?:home|work|tmp|root)/|site-packages|\.py\b", b"\n".join(told)) == []

    def test_its_numbers_are_finite(self, name):
        with safe_open(releases()[name].file(WEIGHTS_FILE), "np") as file:
            assert all(np.isfinite(file.get_tensor(key)).all() for key in file.keys())  # noqa: SIM118 - not a dict

    def test_it_is_found_and_read(self, name):
        model = find_model(name)
        assert (model.name, model.written) == (name, ())
        assert all(model.read(file) == model.file(file).read_bytes() for file in model.sha256)


def test_the_folder_holds_nothing_but_releases():
    folders = {path.name for path in Path(manifest.__file__).parent.iterdir() if path.is_dir()}
    assert folders - {"__pycache__"} == set(NAMES)


def test_aliases_stand_for_releases():
    assert set(aliases().values()) <= set(NAMES)
    assert not set(aliases()) & set(NAMES)
    assert DEFAULT_MODEL in aliases()


@pytest.mark.parametrize("alias", sorted(aliases()))
def test_alias_is_found_under_its_full_name(alias):
    assert find_model(alias).name == aliases()[alias]


def test_newest_release_comes_first(monkeypatch):
    table = {"releases": {"star-1": {}, "star-2": {"embed.onnx": "00"}}, "aliases": {"star": "star-2"}}
    monkeypatch.setattr(manifest, "_table", lambda: table)
    assert list(releases()) == ["star-2", "star-1"]
    assert find_model("star").sha256 == {"embed.onnx": "00"}


def test_callers_cannot_change_the_table():
    aliases()["starinn"] = releases().clear()
    assert aliases()["starinn"] in releases()


class TestUnknownNames:
    @pytest.mark.parametrize(("name", "nearest"), [("starin", "starinn"), ("starin-1", "starinn-1")])
    def test_name_the_nearest(self, name, nearest):
        with pytest.raises(ModelError, match=f"^model {name}: is neither .*; did you mean '{nearest}'") as refusal:
            find_model(name)
        assert refusal.value.model == name

    @pytest.mark.parametrize("name", ["no/such/folder", "x" * 5000, "nul\0byte", "", __file__])
    def test_whatever_they_are_give_one_line(self, name):
        with pytest.raises(ModelError, match=r"is neither shipped nor a folder made by 'liftveil export'") as refusal:
            find_model(name)
        assert len(str(refusal.value).splitlines()) == 1

    def test_take_no_file_for_a_folder(self):
        with pytest.raises(ModelError, match="is neither"):
            find_model(Path(__file__))


class TestOwnFolder:
    @pytest.fixture
    def folder(self, tmp_path):
        shutil.copytree(find_model().folder, tmp_path / "mine")
        return tmp_path / "mine"

    @pytest.mark.parametrize("kind", [str, Path])
    def test_is_found_under_the_path_as_given(self, folder, monkeypatch, kind):
        monkeypatch.chdir(folder.parent)
        model = find_model(kind("mine"))
        assert (model.name, model.folder) == ("mine", folder)
        assert model.read(EMBED_FILE) == find_model().read(EMBED_FILE)

    def test_is_not_checked_against_the_table(self, folder):
        (folder / EMBED_FILE).write_bytes(b"another")
        assert find_model(folder).read(EMBED_FILE) == b"another"

    def test_tells_when_it_was_written(self, folder):
        before = find_model(folder).written
        os.utime(folder / EXTRACT_FILE, ns=(1, 1))
        assert find_model(folder).written == (before[0], 1)
        (folder / EXTRACT_FILE).unlink()
        assert find_model(folder).written == before[:1]

    def test_without_a_file_says_how_to_make_it(self, folder):
        (folder / WEIGHTS_FILE).unlink()
        with pytest.raises(
            ModelError, match=r"weights\.safetensors is missing; make the folder with 'liftveil export'"
        ):
            find_model(folder).file(WEIGHTS_FILE)

    def test_that_cannot_be_read_says_why(self, folder, monkeypatch):
        def refuse(_):
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(Path, "read_bytes", refuse)
        with pytest.raises(ModelError, match=r"embed\.onnx cannot be read \(Permission denied\)$"):
            find_model(folder).read(EMBED_FILE)


class TestDamagedRelease:
    @pytest.fixture
    def release(self, tmp_path):
        model = find_model()
        shutil.copytree(model.folder, tmp_path / model.name)
        return Model(model.name, tmp_path / model.name, model.sha256)

    @pytest.mark.parametrize("file", [EMBED_FILE, EXTRACT_FILE, WEIGHTS_FILE])
    def test_changed_file_is_refused(self, release, file):
        content = bytearray(release.read(file))
        content[len(content) // 2] ^= 1
        (release.folder / file).write_bytes(content)
        with pytest.raises(ModelError, match=rf"^model {release.name}: .*{file} is damaged; reinstall liftveil$"):
            release.read(file)

    def test_missing_file_is_refused(self, release):
        (release.folder / EXTRACT_FILE).unlink()
        with pytest.raises(ModelError, match=r"extract\.onnx is missing; reinstall liftveil$"):
            release.read(EXTRACT_FILE)


@pytest.mark.parametrize("content", [None, b"[releases", b"\xff"])
def test_missing_or_damaged_table_is_told_in_one_line(tmp_path, monkeypatch, content):
    if content is not None:
        (tmp_path / "manifest.toml").write_bytes(content)
    monkeypatch.setattr(manifest, "_ROOM", tmp_path)
    manifest._table.cache_clear()  # of failures nothing is kept, so it stays empty for the next test
    with pytest.raises(ModelError, match=r"manifest\.toml is missing or damaged; reinstall liftveil$"):
        find_model()
