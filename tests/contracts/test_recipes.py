"""What every recipe on the shelf must keep to."""

import dataclasses
import json
import re

import pytest
import torch

from fathom import shelf
from fathom.recipes._base import Recipe, Stage

NAMES = shelf.names("recipes")
# What a name, a source or a sentence cannot have a source for.
NO_SOURCE = {"name", "sources", "departures", "scale"}


def model_of(recipe: Recipe):
    """The recipe's model without memory for its weights."""
    with torch.device("meta"):
        return shelf.look_up("models", recipe.model)()


@pytest.mark.parametrize("name", NAMES)
def test_is_frozen_data_under_its_own_name(name):
    recipe = shelf.look_up("recipes", name)
    assert isinstance(recipe, Recipe)
    assert recipe.name == name
    with pytest.raises(dataclasses.FrozenInstanceError):
        recipe.batch = 1


@pytest.mark.parametrize("name", NAMES)
def test_every_number_has_a_source(name):
    recipe = shelf.look_up("recipes", name)
    fields = {f.name for f in dataclasses.fields(Recipe)} | {f.name for f in dataclasses.fields(Stage)}
    if not recipe.stages:  # nothing is optimised: nothing but the model and its initialisation counts
        fields = {"model", "initialisation", "stages"}
    assert fields - NO_SOURCE - set(recipe.sources) == set()
    for field, source in recipe.sources.items():
        assert re.match(r"[PCA]\b", source), f"{field}: '{source}' begins with P, C or A"


@pytest.mark.parametrize("name", NAMES)
def test_judgement_is_declared(name):
    """A training recipe whose optimiser, initialisation or rates are our own says so in its departures."""
    recipe = shelf.look_up("recipes", name)
    own = [f for f in ("optimiser", "initialisation", "rates", "lam") if recipe.sources.get(f, "P") == "A"]
    assert recipe.departures or not own


@pytest.mark.parametrize("name", NAMES)
def test_fits_its_model(name):
    recipe = shelf.look_up("recipes", name)
    model = model_of(recipe)
    assert f'"{recipe.initialisation}"' in type(model).initialise.__doc__
    parameters = [parameter for parameter, _ in model.named_parameters()]
    for stage in recipe.stages:
        assert stage.scale in model.scales
        assert stage.samples > 0
        assert [p for p in parameters if stage.of(stage.rates, p)], f"stage {stage.scale} trains nothing"
        for prefix in (*stage.rates, *stage.weight_decay):
            assert [p for p in parameters if p.startswith(prefix)], f"no parameter begins with '{prefix}'"


@pytest.mark.parametrize("name", NAMES)
def test_is_plain_data(name):
    recipe = shelf.look_up("recipes", name)
    data = json.loads(json.dumps(recipe.to_json()))
    assert data["name"] == name
    assert [s["samples"] for s in data["stages"]] == [s.samples for s in recipe.stages]


@pytest.mark.parametrize("name", NAMES)
def test_a_shorter_run_says_that_it_is_one(name):
    recipe = shelf.look_up("recipes", name)
    for stage in recipe.stages:
        shorter = recipe.with_samples(**{stage.scale: 7})
        assert [s.samples for s in shorter.stages if s.scale == stage.scale] == [7]
        assert any(stage.scale in d and "7" in d for d in shorter.departures)
