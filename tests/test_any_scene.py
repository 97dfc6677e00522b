"""Ours against the slow twin on mosaics that nobody thought of, within section 7 of MATHS.md."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import judge
import reference
import sky
import zetwopass

SIDES = st.integers(25, 60)  # borders of NaN leave something
ODD = st.sampled_from([np.nan, np.inf, -np.inf, 0.0, -5.0])


SCENES = st.fixed_dictionaries(
    {
        "seed": st.integers(0, 2**32),
        "tiles": st.integers(1, 5),
        "shape": st.tuples(SIDES, SIDES),
        "channels": st.integers(1, 4),
        "layout": st.sampled_from(["grid", "strip", "dense"]),
        "rotate": st.booleans(),
        "nan_borders": st.booleans(),
        "masks": st.sampled_from([None, "soft", "holes"]),
        "weighted": st.booleans(),
        "frames": st.sampled_from(["icrs", "mixed"]),
        "sizes": st.sampled_from(["equal", "mixed"]),
    }
)
CALLS = st.fixed_dictionaries(
    {
        "sigma": st.integers(0, 25),
        "gain_clip": st.tuples(st.floats(0.3, 1), st.floats(1, 3)),
        "workers": st.integers(1, 4),
        "rows_per_chunk": st.none() | st.integers(1, 50),
    }
)


def spoil(scene, seed, coverage, holes):
    """Put blocks of odd values into the coverage, and NaN into some pixels of tiles."""
    rng = np.random.default_rng(seed)
    for value in coverage:
        (row, col), (height, width) = rng.integers(scene.shape_out), rng.integers(1, 10, 2)
        scene.coverage[row : row + height, col : col + width] = value
    for _ in range(holes):
        tile = scene.tiles[rng.integers(len(scene.tiles))]
        tile[rng.integers(tile.shape[0]), rng.integers(tile.shape[1])] = np.nan


@given(
    SCENES, st.sampled_from(["v4.2", "v4.5"]), CALLS, st.lists(ODD, max_size=4), st.integers(0, 4)
)
def compare(made, profile, call, coverage, holes):
    scene = sky.scene(**made)
    spoil(scene, made["seed"], coverage, holes)
    weights = scene.tile_weights if profile == "v4.5" else None
    inputs = (scene.tiles, scene.wcs, scene.output_wcs, scene.coverage)
    options = {"masks": scene.masks, "tile_weights": weights, "profile": profile}
    ours = zetwopass.second_pass(*inputs, shape_out=scene.shape_out, **options, **call)
    numbers = {name: call[name] for name in ("sigma", "gain_clip")}
    with np.errstate(all="ignore"):
        twin = reference.second_pass(*inputs, scene.shape_out, **options, **numbers)
    placed = reference.place(scene.tiles, scene.wcs, scene.output_wcs, scene.shape_out)
    case = judge.Case(scene, profile, False, placed, twin, ours)
    np.testing.assert_allclose(ours.gains, twin.gains, rtol=0, atol=5e-7)
    assert judge.pattern_faults(case) == 0
    if np.isfinite(twin.gains).all():
        seen = ours.groups >= 0  # the twin counts tiles that show nothing, too
        together = [groups[seen][:, None] == groups[seen] for groups in (ours.groups, twin.groups)]
        np.testing.assert_array_equal(*together)
        if np.isfinite(twin.mosaic).any():
            assert judge.mosaic_excess(case) <= 1


@pytest.mark.filterwarnings("ignore")
def test_any_scene_is_the_twins(request):
    # Without it only what somebody has thought of is known to be right. The same scenes every
    # time; with --scenes N fresh ones.
    many = request.config.getoption("--scenes")
    run = settings(
        max_examples=many or 40,
        derandomize=not many,
        deadline=None,
        database=None,
        print_blob=True,
        suppress_health_check=list(HealthCheck),
    )
    run(compare)()
