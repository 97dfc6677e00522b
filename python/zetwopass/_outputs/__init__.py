"""What callers get: their own arrays or new ones, or those of dask, and named results.

`lazy` imports dask where it is used.
"""

from . import lazy
from .found import Assembly, AssemblyPlan, SecondPass
from .results import Given, finished

__all__ = ["Assembly", "AssemblyPlan", "Given", "SecondPass", "finished", "lazy"]
