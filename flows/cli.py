"""The command line: `dmd COMMAND`. Heavy imports stand inside the commands, so that `--help` is quick."""

import os
import sys
from typing import NoReturn

import typer

from flows import (
    commands_checkpoint,
    commands_exchange,
    commands_extract,
    commands_models,
    commands_score,
    commands_serve,
    commands_store,
    commands_train,
    commands_validate,
    demo,
)
from flows.interrupt import end_at_once_on_interrupt
from flows.outcome import RUN_FAILED, WRONG_USAGE
from pipeline.errors import PipelineError, ServerLostError

app = typer.Typer(
    name="dmd",
    help="From video clips to word-aligned text, voice and face features, and a multimodal sentiment score.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
COMMANDS = (
    commands_extract,
    commands_train,
    commands_validate,
    commands_checkpoint,
    commands_score,
    commands_store,
    commands_exchange,
    commands_serve,
    commands_models,
    demo,
)
for commands in COMMANDS:
    commands.register(app)


def main() -> NoReturn:
    """Run the command line; errors of ours become one line and an exit code."""
    import warnings

    end_at_once_on_interrupt()
    warnings.filterwarnings("ignore")  # libraries' advice to their own developers
    try:
        app(standalone_mode=True)
    except PipelineError as error:
        print(f"dmd: {' '.join(str(error).split())}", file=sys.stderr, flush=True)
        if isinstance(error, ServerLostError):
            os._exit(error.exit_code)  # Prefect's goodbye would wait for the server that is gone
        sys.exit(error.exit_code)
    except BrokenPipeError:
        sys.exit(RUN_FAILED)
    sys.exit(WRONG_USAGE)
