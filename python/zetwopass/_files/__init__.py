"""From files to a file: which tiles there are, their headers, the grid, and the file that grows.

It imports astropy: import it where it is needed.
"""

from .course import Course
from .grid import grid_of
from .headers import TileHeader, read_headers
from .making import make, written_bytes
from .mosaicfile import MosaicFile
from .selection import Chosen, Entry, Index, select
from .survey import Survey, survey
from .workspace import free_bytes, replacing, target_path, working

__all__ = [
    "Chosen",
    "Course",
    "Entry",
    "Index",
    "MosaicFile",
    "Survey",
    "TileHeader",
    "free_bytes",
    "grid_of",
    "make",
    "read_headers",
    "replacing",
    "select",
    "survey",
    "target_path",
    "working",
    "written_bytes",
]
