"""``python -m zetwopass``."""

from .command import main

if __name__ == "__main__":
    main("python -m zetwopass")
