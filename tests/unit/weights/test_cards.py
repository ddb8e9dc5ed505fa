import json
import sys

import pytest

from liftveil.errors import ModelError
from liftveil.networks import load_weights
from liftveil.weights import WEIGHTS_FILE, cards, releases

ROOM = sys.modules["liftveil.weights.cards"]


@pytest.fixture
def put(monkeypatch, tmp_path):
    """Let the package have another file of cards."""
    path = tmp_path / "cards.json"
    monkeypatch.setattr(ROOM, "_CARDS", path)
    cards.cache_clear()
    yield path.write_text
    cards.cache_clear()


class TestCards:
    def test_every_release_has_one(self):
        assert cards().keys() == releases().keys()

    @pytest.mark.parametrize("name", releases())
    def test_parameters_are_those_of_the_weights(self, name):
        network = load_weights(releases()[name].file(WEIGHTS_FILE))
        assert cards()[name].parameters == sum(parameter.numel() for parameter in network.parameters())

    @pytest.mark.parametrize("content", ["", "[]", '{"starinn-1": {"purpose": "to hide"}}', '{"starinn-1": 3}'])
    def test_a_damaged_file_is_told(self, put, content):
        put(content)
        with pytest.raises(ModelError, match="is missing or damaged; reinstall liftveil"):
            cards()

    @pytest.mark.usefixtures("put")
    def test_a_missing_file_is_told(self):
        with pytest.raises(ModelError, match="is missing or damaged; reinstall liftveil"):
            cards()

    def test_are_read_from_the_file(self, put):
        card = {"purpose": "to hide", "limits": "none", "cover_psnr_db": 40.0, "secret_psnr_db": 41.5}
        put(json.dumps({"one-1": card | {"embed_s_per_megapixel": 0.5, "parameters": 7, "cpu_hours": 0.1}}))
        assert cards()["one-1"].secret_psnr_db == 41.5
        assert cards()["one-1"].parameters == 7
