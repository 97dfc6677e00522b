"""What pyproject.toml can't say: the wheel holds a library, but none of Python's own interface."""

import shutil
from pathlib import Path

from setuptools import Distribution, setup
from setuptools.command.bdist_wheel import bdist_wheel

SBOM = Path("zetwopass.cdx.json")  # which python/wheels.sh puts beside this file


class Wheel(bdist_wheel):
    """One wheel of a platform for every Python 3, with what its library contains, by PEP 770."""

    def get_tag(self) -> tuple[str, str, str]:
        """Return the tags of Python, of its binary interface and of the platform."""
        return "py3", "none", super().get_tag()[2]

    def write_wheelfile(self, wheelfile_base: str, **more: str) -> None:
        """Write what belongs to the wheel itself."""
        super().write_wheelfile(wheelfile_base, **more)
        if SBOM.is_file():
            place = Path(wheelfile_base) / "sboms"
            place.mkdir()
            shutil.copy(SBOM, place)


class WithLibrary(Distribution):
    """A package that belongs where libraries do."""

    def has_ext_modules(self) -> bool:
        """Return whether the installation depends on the platform."""
        return True


setup(distclass=WithLibrary, cmdclass={"bdist_wheel": Wheel})
