"""A ``ztp_reprojection`` together with the arrays that its addresses point into."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from . import buffers, ffi, structs

if TYPE_CHECKING:
    from .._sky import PixelMap


class Reprojection:
    """One image of N planes, reprojected by one map; it keeps its arrays alive.

    Parameters
    ----------
    image, out, footprint
        Native float32 or float64 [N, h, w] and [N, H, W]; no footprint is None.
    pixels
        None where the image shows nothing.
    order
        ``'bilinear'`` or ``'nearest'``.
    zeroed
        The footprint is 0 already.
    workers
        Threads; 0 is the library's choice.

    Attributes
    ----------
    struct
        The reprojection; its addresses hold as long as this object.
    """

    def __init__(
        self,
        image: np.ndarray,
        pixels: PixelMap | None,
        out: np.ndarray,
        footprint: np.ndarray | None,
        *,
        order: str,
        zeroed: bool,
        workers: int = 0,
    ) -> None:
        self.struct = structs.Reprojection(ffi.size(structs.Reprojection))
        self.struct.order = structs.ORDERS[order]
        self.struct.image = buffers.planes("input_data", image)
        self.struct.map, nodes = buffers.pixel_map(pixels)
        self.struct.out = buffers.planes("output_array", out, writable=True)
        if footprint is not None:
            self.struct.footprint = buffers.planes("output_footprint", footprint, writable=True)
        self.struct.zeroed = zeroed
        self.struct.workers = workers
        self._kept = (image, nodes, out, footprint)
