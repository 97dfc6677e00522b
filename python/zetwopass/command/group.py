"""The commands in their groups, and the program's beginning and end."""

from __future__ import annotations

import os
import signal
import sys

import rich_click as click

from .. import __version__
from ..errors import Error
from . import about, compare, completion, ends, info, planning, reporting, running, zemosaic
from .help import LOOK, Group, examples
from .options import json_option


class _Ending(Group):
    """A group whose commands end with one line and a code, whatever they raise."""

    def invoke(self, context: click.Context) -> object:
        try:
            return super().invoke(context)
        except BrokenPipeError as err:  # no failure: who reads has had enough
            raise click.exceptions.Exit(ends.CLOSED) from err
        except KeyboardInterrupt as err:
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # the end is near
            raise ends.End("cancelled", ends.CANCELLED) from err
        except (Error, OSError, MemoryError) as err:
            raise ends.of_failure(err) from err


@click.group(
    cls=_Ending,
    invoke_without_command=True,
    subcommand_metavar="[COMMAND] [ARGS]...",
    context_settings=LOOK,
    epilog=examples(
        ("what it would take", "zetwopass plan tiles/"),
        ("a mosaic, a page that tells about it, and a picture",)
        + ("zetwopass run tiles/ -o mosaic.fits --report mosaic.html --png",),
        ("what is in it", "zetwopass info mosaic.fits"),
    ),
)
@click.version_option(__version__, "-V", "--version", message="%(version)s")
@json_option
@click.pass_context
def commands(context: click.Context, as_json: bool) -> None:
    """Second pass of mosaic assembly, from files to a file.

    Without a command it prints what a report of a defect needs. Exit codes: 0 done; 1 two images
    differ, or zetwopass itself can't work; 2 called wrongly; 3 input or output that can't be used;
    4 no room in memory or on the disk; 130 cancelled.
    """
    if context.invoked_subcommand is None:
        about.tell(as_json)


for _command in (
    running.run,
    planning.plan,
    reporting.report,
    info.info,
    compare.compare,
    completion.completion,
    zemosaic.group,
):
    commands.add_command(_command)


def main(name: str = "zetwopass") -> None:
    """Run the command that the program was called with, under this name, and end the process."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:  # without a console there is none
            stream.reconfigure(errors="backslashreplace")  # names of files may be anything
    try:
        code = _ended(name)
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
    except BrokenPipeError:
        # What is left in the buffers goes nowhere, without a word at the interpreter's end.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                os.dup2(nowhere, stream.fileno())
        code = ends.CLOSED
    if code == ends.CANCELLED:
        os._exit(code)  # at once: to take all modules apart lasts longer than people wait
    sys.exit(code)


def _ended(name: str) -> int:
    """Run the command and return the exit code, with its line written."""
    try:
        return commands.main(prog_name=name, standalone_mode=False, windows_expand_args=False) or 0
    except click.UsageError as err:
        if err.ctx is not None:
            pieces = err.ctx.command.collect_usage_pieces(err.ctx)
            _say(" ".join(["Usage:", err.ctx.command_path, *pieces]))
        _say(f"Error: {' '.join(err.format_message().split())}")
        return err.exit_code
    except click.ClickException as err:
        _say(err.message)
        return err.exit_code
    except click.Abort:  # Ctrl-C while the arguments were read
        _say("cancelled")
        return ends.CANCELLED


def _say(line: str) -> None:
    click.echo(line, err=True)
