"""``zetwopass completion``: what makes a shell complete commands, options and files."""

from __future__ import annotations

import rich_click as click
from click.shell_completion import get_completion_class

from .help import Command, examples


@click.command(
    cls=Command,
    short_help="Make a shell complete commands and files.",
    epilog=examples(
        ("bash", "zetwopass completion bash >> ~/.bashrc"),
        ("zsh", "zetwopass completion zsh >> ~/.zshrc"),
        ("fish", "zetwopass completion fish > ~/.config/fish/completions/zetwopass.fish"),
    ),
)
@click.argument(
    "shell", type=click.Choice(["bash", "zsh", "fish"]), metavar="SHELL", help="bash, zsh or fish."
)
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print what makes SHELL complete commands, options and names of files after a tab."""
    maker = get_completion_class(shell)
    click.echo(maker(context.find_root().command, {}, "zetwopass", "_ZETWOPASS_COMPLETE").source())
