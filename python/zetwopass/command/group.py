"""The commands in their groups, and how they end: 0 done, 1 refused, 2 called wrongly."""

from __future__ import annotations

import sys

import click

from ..errors import Error
from . import about, zemosaic


class _Refusing(click.Group):
    """A group whose commands end with one line and 1 where zetwopass raises an error."""

    def invoke(self, context: click.Context) -> object:
        try:
            return super().invoke(context)
        except Error as err:
            raise click.ClickException(" ".join(str(err).split())) from err


@click.group(cls=_Refusing, invoke_without_command=True)
@click.pass_context
def commands(context: click.Context) -> None:
    """Second pass of mosaic assembly. Without a command: what a report of a defect needs."""
    if context.invoked_subcommand is None:
        about.tell()


commands.add_command(zemosaic.group)


def main() -> None:
    """Run the command that the program was called with."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:  # without a console there is none
            stream.reconfigure(errors="backslashreplace")  # names of files may be anything
    commands(prog_name="python -m zetwopass")
