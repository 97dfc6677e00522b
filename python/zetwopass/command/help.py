"""How the help looks: sections without boxes, examples at the end."""

from __future__ import annotations

import re

import rich_click as click
from rich.text import Text

LOOK = {
    "help_option_names": ["-h", "--help"],
    "rich_help_config": {
        "theme": "default-slim",
        "text_markup": "rich",
        "show_arguments": True,
        "max_width": 100,
        "commands_before_options": True,
        "padding_helptext_first_line": (0, 0, 1, 0),
    },
}


class Command(click.RichCommand):
    """A command whose help has no spaces at the ends of its lines."""

    def get_help(self, context: click.Context) -> str:
        """Return the help."""
        return _trimmed(super().get_help(context))


class Group(click.RichGroup):
    """A group whose help, and that of its commands, has no spaces at the ends of its lines."""

    command_class = Command
    group_class = type

    def list_commands(self, context: click.Context) -> list[str]:
        """Return the names of the commands in the order of their use."""
        return list(self.commands)

    def get_help(self, context: click.Context) -> str:
        """Return the help."""
        return _trimmed(super().get_help(context))


def examples(*told: tuple[str, str]) -> Text:
    """Return the end of a help: what is to be done, and the command that does it."""
    text = Text("Examples:\n", style="bold")
    for what, command in told:
        text.append(f"  {what}\n", "not bold dim")
        text.append(f"    {command}\n", "not bold")
    text.rstrip()
    return text


def _trimmed(text: str) -> str:
    return re.sub(r"\n{3,}", "\n\n", re.sub(r" +$", "", text, flags=re.MULTILINE)).strip("\n")
