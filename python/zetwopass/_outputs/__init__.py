"""What callers of `reproject_and_coadd` get: their own arrays or new ones, or those of dask.

`lazy` imports dask where it is used.
"""

from . import lazy
from .results import Given, finished

__all__ = ["Given", "finished", "lazy"]
