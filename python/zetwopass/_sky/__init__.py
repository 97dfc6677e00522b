"""The sky: from WCS to where each output pixel lies in a tile, so that the core never sees one.

It imports astropy: import it where it is needed.
"""

from .maps import PixelMap, grid_positions, moved, pixel_map, plane_positions
from .sky import Sky, celestial, is_celestial, private_copy, read, same

__all__ = [
    "PixelMap",
    "Sky",
    "celestial",
    "grid_positions",
    "is_celestial",
    "moved",
    "pixel_map",
    "plane_positions",
    "private_copy",
    "read",
    "same",
]
