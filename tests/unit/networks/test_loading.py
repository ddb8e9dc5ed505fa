import json
from dataclasses import asdict

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save

from liftveil.errors import ModelError
from liftveil.networks import CONDITIONERS, load_weights, weights_bytes, weights_facts

FACTS = {"name": "tiny", "steps": "12"}


def refusal(path):
    """The one line that a file is refused with."""
    with pytest.raises(ModelError) as caught:
        load_weights(path)
    assert caught.value.model == str(path)
    assert len(str(caught.value).splitlines()) == 1
    assert str(path) in str(caught.value)
    return str(caught.value)


def tensors(model):
    return {name: tensor.contiguous() for name, tensor in model.state_dict().items()}


def described(model, **changes):
    """Metadata of a model, with changes to its configuration."""
    return {"model": json.dumps({**asdict(model.config), **changes})}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "weights.safetensors"


@pytest.mark.parametrize("mixing", ["lu", "orthogonal"])
@pytest.mark.parametrize("conditioner", CONDITIONERS)
def test_a_network_comes_back_to_the_last_bit(randomised, pictures, path, conditioner, mixing):
    model = randomised(conditioner=conditioner, mixing=mixing, levels=2, blocks=3, scale_bound=1.5)
    path.write_bytes(weights_bytes(model, FACTS))
    loaded = load_weights(path)
    assert loaded.config == model.config
    assert torch.equal(loaded.embed(*pictures)[0], model.embed(*pictures)[0])
    assert all(tensor.dtype == torch.float32 for tensor in loaded.state_dict().values())


def test_a_grey_network_comes_back_to_the_last_bit(randomised, pictures, path):
    model = randomised(secret_channels=1, learned_strengths=True)
    path.write_bytes(weights_bytes(model, FACTS))
    loaded = load_weights(path)
    assert loaded.config == model.config
    cover, secret = pictures[0], pictures[1][:, :1]
    assert torch.equal(loaded.embed(cover, secret)[0], model.embed(cover, secret)[0])
    assert torch.equal(loaded.extract(cover), model.extract(cover))


def test_weights_older_than_grey_secrets_hide_colours(randomised, path):
    model = randomised()
    table = asdict(model.config)
    del table["secret_channels"]
    path.write_bytes(save(tensors(model), {"model": json.dumps(table)}))
    assert load_weights(path).config == model.config


def test_weights_older_than_shaped_noise_are_rounded_to_the_nearest(randomised, pictures, path):
    model = randomised()
    older = tensors(model)
    del older["rounding_metric"]
    path.write_bytes(save(older, described(model)))
    loaded = load_weights(path)
    assert loaded.shaper() is None
    assert torch.equal(loaded.embed(*pictures)[0], model.embed(*pictures)[0])


def test_a_rounding_metric_comes_back_to_the_last_bit(randomised, path):
    model = randomised()
    model.rounding_metric[3, 8] = model.rounding_metric[8, 3] = 1 / 3
    path.write_bytes(weights_bytes(model, FACTS))
    assert torch.equal(load_weights(path).rounding_metric, model.rounding_metric)


@pytest.mark.parametrize("spoilt", [-1.0, 0.0, float("nan")])
def test_a_rounding_metric_that_is_none_is_refused(randomised, path, spoilt):
    model = randomised()
    model.rounding_metric[3, 3] = spoilt
    path.write_bytes(weights_bytes(model, FACTS))
    refusal(path)
    path.write_bytes(save({**tensors(model), "rounding_metric": torch.eye(47)}, described(model)))
    assert "rounding_metric" in refusal(path)


def test_facts_are_those_that_were_given(randomised, path):
    path.write_bytes(weights_bytes(randomised(), FACTS))
    assert weights_facts(path) == FACTS
    path.write_bytes(weights_bytes(randomised(), {}))
    assert weights_facts(path) == {}


def test_facts_and_configuration_stand_in_the_metadata(randomised, path):
    model = randomised()
    path.write_bytes(weights_bytes(model, FACTS))
    with safe_open(path, "pt") as file:
        metadata = file.metadata()
    assert metadata == {**FACTS, "model": metadata["model"]}
    assert json.loads(metadata["model"]) == asdict(model.config)


def test_a_missing_file_and_a_folder_are_refused(path, tmp_path):
    refusal(path)
    refusal(tmp_path)


def test_damaged_files_are_refused(randomised, path):
    whole = weights_bytes(randomised(), FACTS)
    for damaged in (b"", b"\x80\x04pickle", whole[: len(whole) // 2], whole[:-1], whole[:8] + b"{" + whole[9:] + b"x"):
        path.write_bytes(damaged)
        refusal(path)


@pytest.mark.parametrize(
    "changes", [{"width": 9}, {"blocks": 3}, {"mixing": "orthogonal"}, {"levels": 2}, {"secret_channels": 1}]
)
def test_tensors_that_do_not_fit_the_configuration_are_refused(randomised, path, changes):
    model = randomised()
    path.write_bytes(save(tensors(model), described(model, **changes)))
    refusal(path)


def test_a_missing_or_an_additional_tensor_is_refused(randomised, path):
    model = randomised()
    complete = tensors(model)
    for missing in complete.keys() - {"rounding_metric"}:  # which older weights lack
        path.write_bytes(save({name: complete[name] for name in complete.keys() - {missing}}, described(model)))
        assert missing in refusal(path)
    path.write_bytes(save({**complete, "stowaway": torch.zeros(1)}, described(model)))
    assert "stowaway" in refusal(path)


@pytest.mark.parametrize("text", [None, "{", "[]", "null", "3", '"star"', "{}"])
def test_metadata_without_a_configuration_is_refused(randomised, path, text):
    metadata = {} if text is None else {"model": text}
    path.write_bytes(save(tensors(randomised()), metadata))
    refusal(path)


@pytest.mark.parametrize(
    ("changes", "told"),
    [({"waveletts": "haar"}, "waveletts"), ({"wavelet": "db4"}, "db4"), ({"luma_strength": 0.0}, "")],
)
def test_a_configuration_that_cannot_be_is_refused(randomised, path, changes, told):
    model = randomised()
    path.write_bytes(save(tensors(model), described(model, **changes)))
    assert told in refusal(path)
