import numpy as np
import pytest
from reference import infill as slow

from fathom.errors import BadInput
from fathom.ops.infill import colorize


def scene(seed, size=(12, 16), holes=0.7):
    rng = np.random.default_rng(seed)
    rgb = rng.integers(0, 256, (*size, 3), dtype=np.uint8)
    depth_m = rng.uniform(1, 9, size)
    depth_m[rng.random(size) < holes] = np.nan
    return depth_m, rgb


@pytest.mark.parametrize("seed", range(4))
def test_exact_equals_the_slow_twin(seed):
    depth_m, rgb = scene(seed)
    np.testing.assert_allclose(colorize(depth_m, rgb, "exact"), slow.colorize(depth_m, rgb), rtol=1e-6)


def test_what_cannot_be_filled():
    depth_m, rgb = scene(0)
    with pytest.raises(BadInput, match="absent everywhere"):
        colorize(np.full_like(depth_m, np.nan), rgb)
