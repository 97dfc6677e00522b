"""The second pass on many machines, by dask: `second_pass` is the one way in.

``pip install 'zetwopass[dask]'`` brings along what it wants.
"""

from .passing import LazyPass, second_pass

__all__ = ["LazyPass", "second_pass"]
