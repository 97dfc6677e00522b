"""The second pass of mosaic assembly: gains from coverage, background match, coadd.

`second_pass` does all of it on NumPy arrays, `tile_gains` and `blur_coverage` its first stages,
`plan` tells what it would take, and `device_info` which GPU there is. `install` puts it into
ZeMosaic in the place of its own function, `reproject_and_coadd` and `reproject_interp` do as
reproject's functions of these names, and `accelerate` puts them in the place of reproject's.
"""

from ._engine import DeviceInfo, Plan, Stats, device_info
from .acceleration import Acceleration, accelerate
from .api import SecondPass, second_pass
from .assembly import Assembly, assemble
from .errors import (
    ArgumentError,
    ArgumentTypeError,
    BudgetError,
    CancelledError,
    DeviceError,
    DeviceWarning,
    Error,
    FileError,
    ForkError,
    HDUError,
    LibraryError,
    LimitError,
    MissingFileError,
    MissingPackageError,
    NoRoomError,
    OptionError,
    RangeWarning,
    TileWarning,
    WCSError,
    WCSTypeError,
    WriteError,
)
from .interpolation import reproject_interp
from .parts import (
    Window,
    coadd_window,
    gains_on_window,
    offsets_from_pairs,
    overlapping_pairs,
    pair_medians,
    pixel_maps,
)
from .plans import AssemblyPlan, plan, plan_assembly
from .reprojection import reproject_and_coadd
from .stages import blur_coverage, tile_gains
from .zemosaic import (
    Installation,
    compute_per_tile_gains_from_coverage,
    install,
    run_second_pass_coverage_renorm,
)

__version__ = "0.2.0"

__all__ = [
    "Acceleration",
    "ArgumentError",
    "ArgumentTypeError",
    "Assembly",
    "AssemblyPlan",
    "BudgetError",
    "CancelledError",
    "DeviceError",
    "DeviceInfo",
    "DeviceWarning",
    "Error",
    "FileError",
    "ForkError",
    "HDUError",
    "Installation",
    "LibraryError",
    "LimitError",
    "MissingFileError",
    "MissingPackageError",
    "NoRoomError",
    "OptionError",
    "Plan",
    "RangeWarning",
    "SecondPass",
    "Stats",
    "TileWarning",
    "WCSError",
    "WCSTypeError",
    "Window",
    "WriteError",
    "accelerate",
    "assemble",
    "blur_coverage",
    "coadd_window",
    "compute_per_tile_gains_from_coverage",
    "device_info",
    "gains_on_window",
    "install",
    "offsets_from_pairs",
    "overlapping_pairs",
    "pair_medians",
    "pixel_maps",
    "plan",
    "plan_assembly",
    "reproject_and_coadd",
    "reproject_interp",
    "run_second_pass_coverage_renorm",
    "second_pass",
    "tile_gains",
]
