"""The command line, ``python -m zetwopass``."""

from .group import main

__all__ = ["main"]
