"""The second pass on many machines, by dask: `second_pass`, and `write_mosaic` into a FITS file.

``pip install 'zetwopass[dask]'`` brings along what it wants.
"""

from ..errors import MissingPackageError

try:
    import dask.array  # noqa: F401
except ImportError as err:
    raise MissingPackageError(f"zetwopass.dask wants dask, zetwopass[dask]: {err}") from err

from .mosaicfile import write_mosaic
from .passing import LazyPass, second_pass

__all__ = ["LazyPass", "second_pass", "write_mosaic"]
