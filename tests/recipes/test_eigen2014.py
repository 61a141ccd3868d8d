import pytest

from fathom.errors import BadInput, UnknownName
from fathom.shelf import look_up
from reference import recipes as paper


@pytest.mark.parametrize(("name", "numbers"), [("eigen2014_nyu", paper.NYU), ("eigen2014_kitti", paper.KITTI)])
def test_the_printed_recipes_are_the_paper(name, numbers):
    recipe = look_up("recipes", name)
    coarse, fine = recipe.stages
    assert (coarse.scale, fine.scale) == ("coarse", "fine")
    assert (coarse.samples, fine.samples) == (numbers["coarse samples"], numbers["fine samples"])
    assert (recipe.optimiser, recipe.momentum, recipe.batch) == ("sgd", numbers["momentum"], numbers["batch"])
    assert (recipe.lam, recipe.reduction) == (numbers["lambda"], "mean")
    assert {s.schedule for s in recipe.stages} == {"constant"}
    assert len(recipe.departures) == 1
    assert "ImageNet" in recipe.departures[0]
    rates = {
        "rate of coarse convolutional layers 1-5": (coarse, paper.COARSE_CONVOLUTIONS),
        "rate of coarse full layers 6, 7": (coarse, paper.COARSE_FULL),
        "rate of fine layers 1 and 3": (fine, paper.FINE_1_AND_3),
        "rate of fine layer 2": (fine, paper.FINE_2),
    }
    for key, (stage, parameters) in rates.items():
        assert {stage.of(stage.rates, p) for p in parameters} == {numbers[key]}
        assert {stage.of(stage.rates, p.replace("weight", "bias")) for p in parameters} == {numbers[key]}
    convolutions = {coarse.of(coarse.weight_decay, p) for p in paper.COARSE_CONVOLUTIONS}
    assert convolutions == {numbers["C decay of the ImageNet convolutions"]}
    rest = {coarse.of(coarse.weight_decay, p) for p in paper.COARSE_FULL}
    rest |= {fine.of(fine.weight_decay, p) for p in (*paper.FINE_1_AND_3, *paper.FINE_2)}
    assert rest == {numbers["C decay elsewhere"]}
    drawn = recipe.augmentation
    assert (drawn.scale, drawn.rotation_deg) == (numbers["scale"], numbers["rotation"])
    assert (drawn.gain, drawn.flip, drawn.translate) == (numbers["colour"], numbers["flip"], True)


def test_each_stage_trains_its_own_network_alone():
    for name in ("eigen2014_nyu", "eigen2014_nyu/scratch", "eigen2014_rooms"):
        coarse, fine = look_up("recipes", name).stages
        assert coarse.of(coarse.rates, "fine.conv1.weight") is None
        assert fine.of(fine.rates, "coarse.full6.weight") is None


def test_departures_are_said():
    scratch = look_up("recipes", "eigen2014_nyu/scratch")
    assert scratch.augmentation == look_up("recipes", "eigen2014_nyu").augmentation
    assert any("AdamW" in d for d in scratch.departures)
    shorter = scratch.with_samples(coarse=100)
    assert [s.samples for s in shorter.stages] == [100, scratch.stages[1].samples]
    assert shorter.departures[-1] == "Samples: 100 for coarse (recipe: 2,000,000)."
    with pytest.raises(UnknownName, match="medium"):
        scratch.with_samples(medium=3)
    with pytest.raises(BadInput, match="at least one"):
        scratch.with_samples(fine=0)


def test_the_way_from_scratch_has_the_numbers_that_its_departures_say():
    for name in ("eigen2014_nyu/scratch", "eigen2014_kitti/scratch", "eigen2014_rooms"):
        recipe = look_up("recipes", name)
        coarse, fine = recipe.stages
        assert any("coarse 2e-4, fine 1e-4" in d and "cosine" in d for d in recipe.departures)
        assert {coarse.of(coarse.rates, p) for p in (*paper.COARSE_CONVOLUTIONS, *paper.COARSE_FULL)} == {2e-4}
        assert {fine.of(fine.rates, p) for p in (*paper.FINE_1_AND_3, *paper.FINE_2)} == {1e-4}
        assert {s.of(s.weight_decay, "any.weight") for s in recipe.stages} == {1e-4}
        assert {s.schedule for s in recipe.stages} == {"cosine"}
        start = "he_from_mean_image" if name == "eigen2014_rooms" else "he"
        assert (recipe.optimiser, recipe.initialisation, recipe.batch) == ("adamw", start, 32)
        assert any("mean depth image" in d for d in recipe.departures) == (name == "eigen2014_rooms")
        assert (recipe.lam, recipe.reduction) == (0.5, "mean")


def test_rooms_are_augmented_like_nyu():
    assert look_up("recipes", "eigen2014_rooms").augmentation == look_up("recipes", "eigen2014_nyu").augmentation
