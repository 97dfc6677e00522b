"""Parts of a second pass, for programs that distribute them; together they give its bits.

Where the tiles are, `gains_on_window`, `pair_medians` of `overlapping_pairs`, and `coadd_window`;
between these, in one place, `offsets_from_pairs`. All take the maps of `pixel_maps`, which tell of
the whole mosaic and can be pickled. The coverage is blurred whole, by `blur_coverage`.
`zetwopass.dask` does all of it with dask.
"""

from .pairs import offsets_from_pairs, overlapping_pairs, pair_medians
from .places import boxes, pixel_maps
from .windows import Box, Window, coadd_window, gains_on_window

__all__ = [
    "Box",
    "Window",
    "boxes",
    "coadd_window",
    "gains_on_window",
    "offsets_from_pairs",
    "overlapping_pairs",
    "pair_medians",
    "pixel_maps",
]
