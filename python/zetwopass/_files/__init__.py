"""From files to a file: which tiles there are, their headers, the grid, and the file that grows.

It imports astropy: import it where it is needed.
"""

from .course import Course
from .making import make, written_bytes
from .selection import Entry, Index, select
from .survey import Survey, survey
from .workspace import free_bytes, target_path, working

__all__ = [
    "Course",
    "Entry",
    "Index",
    "Survey",
    "free_bytes",
    "make",
    "select",
    "survey",
    "target_path",
    "working",
    "written_bytes",
]
