"""``python -m zetwopass zemosaic``: zetwopass in a copy of ZeMosaic."""

from __future__ import annotations

import click

from ..zemosaic import SCOPES, block_status, put_block, remove_block

_PATH = click.argument("path", metavar="PATH", type=click.Path())


@click.group("zemosaic")
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
