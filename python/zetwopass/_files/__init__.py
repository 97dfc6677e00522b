"""From files to a file: which tiles there are, their headers, the grid, and the file that grows.

It imports astropy: import it where it is needed.
"""

from .cards import KEPT, Made, of_making, of_tiles
from .course import Course
from .coverage import Given, given
from .grid import Grid, grid_of
from .headers import TileHeader, check_unchanged, read_headers
from .journal import Journal
from .mosaicfile import MosaicFile, file_bytes
from .selection import Chosen, Entry, select
from .stages import Stages, patiently
from .tables import pairs_table, tiles_table
from .workspace import Workspace, check_room, free_bytes, sync, target_path, working

__all__ = [
    "KEPT",
    "Chosen",
    "Course",
    "Entry",
    "Given",
    "Grid",
    "Journal",
    "Made",
    "MosaicFile",
    "Stages",
    "TileHeader",
    "Workspace",
    "check_room",
    "check_unchanged",
    "file_bytes",
    "free_bytes",
    "given",
    "grid_of",
    "of_making",
    "of_tiles",
    "pairs_table",
    "patiently",
    "read_headers",
    "select",
    "sync",
    "target_path",
    "tiles_table",
    "working",
]
