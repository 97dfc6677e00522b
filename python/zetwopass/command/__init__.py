"""The command line, ``zetwopass`` and ``python -m zetwopass``."""

from .group import main

__all__ = ["main"]
