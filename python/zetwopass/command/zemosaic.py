"""``python -m zetwopass zemosaic``: zetwopass in a copy of ZeMosaic."""

from __future__ import annotations

import rich_click as click

from ..errors import Error
from ..zemosaic import SCOPES, block_status, put_block, remove_block
from . import ends
from .help import Group, examples

_PATH = click.argument(
    "path", metavar="PATH", type=click.Path(), help="ZeMosaic's folder, or its zemosaic_worker.py."
)


class _Refusing(Group):
    """A group whose commands end with one line and 1 where zetwopass raises an error."""

    def invoke(self, context: click.Context) -> object:
        try:
            return super().invoke(context)
        except Error as err:
            raise ends.refused(err) from err


@click.group(
    "zemosaic",
    short_help="Put zetwopass into ZeMosaic.",
    cls=_Refusing,
    epilog=examples(
        ("all of Phase 5", "zetwopass zemosaic install ~/zemosaic --scope phase5"),
        ("what is there", "zetwopass zemosaic status ~/zemosaic"),
    ),
)
def group() -> None:
    """Put zetwopass into ZeMosaic. PATH is its folder, or its zemosaic_worker.py."""


@group.command()
@_PATH
@click.option(
    "--scope",
    type=click.Choice(SCOPES),
    default=SCOPES[0],
    show_default=True,
    help="The second pass alone, or also reproject's functions in all of Phase 5.",
)
def install(path: str, scope: str) -> None:
    """Add a block to zemosaic_worker.py that puts zetwopass in where that is imported."""
    click.echo(put_block(path, scope))


@group.command()
@_PATH
def status(path: str) -> None:
    """Say whether the block is there."""
    click.echo(block_status(path))


@group.command()
@_PATH
def uninstall(path: str) -> None:
    """Take the block out again."""
    click.echo(remove_block(path))
