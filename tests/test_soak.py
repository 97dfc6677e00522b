"""The soak finds what is wrong: else its two thousand mosaics say nothing."""

import numpy as np
import pytest

import sky
import soak
import zetwopass

OPTIONS = {
    "sigma": 5,
    "gain_clip": (0.5, 2.0),
    "profile": "v4.5",
    "workers": None,
    "rows_per_chunk": None,
}


def small():
    return sky.scene(3, tiles=3, shape=(40, 60), channels=2)


@pytest.mark.filterwarnings("ignore::zetwopass.TileWarning")
@pytest.mark.parametrize("way", soak.WAYS, ids=lambda way: way.__name__)
def test_each_way_is_gone_and_nothing_is_wrong(way):
    # Without it a way of the soak that fails is found after minutes, or is none.
    assert way(small(), dict(OPTIONS), np.random.default_rng(1), True) == ""


def off(field, change):
    """Return a second pass that is wrong in one of its results."""
    real = zetwopass.second_pass

    def second_pass(*arguments, **options):
        found = real(*arguments, **options)
        return found._replace(**{field: change(getattr(found, field))})

    return second_pass


@pytest.mark.parametrize(
    ("way", "field", "change", "said"),
    [
        (soak.by_arrays, "gains", lambda a: a + 1e-6, "gains"),
        (soak.by_arrays, "mosaic", lambda a: a * np.float32(1 + 1e-5), "times too far off"),
        (soak.by_stages, "gains", lambda a: np.nextafter(a, 9), "alone"),
        (soak.from_disk_to_disk, "mosaic", lambda a: np.nextafter(a, np.float32(9)), "differs"),
    ],
)
def test_what_is_wrong_is_told(monkeypatch, way, field, change, said):
    # Without it the soak says that all is well whatever is computed.
    monkeypatch.setattr(zetwopass, "second_pass", off(field, change))
    assert said in way(small(), dict(OPTIONS), np.random.default_rng(1), True)


def test_what_grows_is_told():
    # Without it a leak is a row of numbers that nobody reads.
    steady = [(100 << 20, 12, 9)] * 40
    assert soak.grown(steady) == []
    for more in ((17 << 20, 0, 0), (0, 2, 0), (0, 0, 1)):
        late = [tuple(np.add(one, more)) for one in steady[30:]]
        assert len(soak.grown(steady[:30] + late)) == 1
