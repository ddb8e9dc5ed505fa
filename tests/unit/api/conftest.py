"""What tests of embedding and extraction share."""

import pytest

from liftveil.weights import Model, find_model


@pytest.fixture
def pair(cropped):
    return cropped(64, 48)


@pytest.fixture(scope="session")
def models(linear_model, grey_model):
    """Three models that work and have nothing in common; the last hides grey pictures."""
    made = {"linear": linear_model, "grey": grey_model}
    return {"starinn": find_model()} | {name: Model(name, folder, {}) for name, folder in made.items()}
