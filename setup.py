"""What pyproject.toml can't say: the wheel holds a library, but none of Python's own interface."""

from setuptools import Distribution, setup
from setuptools.command.bdist_wheel import bdist_wheel


class Wheel(bdist_wheel):
    """One wheel of a platform for every Python 3."""

    def get_tag(self) -> tuple[str, str, str]:
        """Return the tags of Python, of its binary interface and of the platform."""
        return "py3", "none", super().get_tag()[2]


class WithLibrary(Distribution):
    """A package that belongs where libraries do."""

    def has_ext_modules(self) -> bool:
        """Return whether the installation depends on the platform."""
        return True


setup(distclass=WithLibrary, cmdclass={"bdist_wheel": Wheel})
