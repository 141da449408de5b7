"""The command: options, signals, exit codes, and how it ends when nobody reads what it writes."""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import sys
import threading
from typing import IO, TYPE_CHECKING, Any

import click
from singer_sdk import Tap
from singer_sdk.exceptions import ConfigValidationError
from singer_sdk.tap_base import CliTestOptionValue
from typing_extensions import override

from tap_wix_users.inputs import load_json_file
from tap_wix_users.sdk import SdkTap
from tap_wix_users.writer import TargetGone

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable, Iterator

    from tap_wix_users.run import Run
    from tap_wix_users.sdk import ConfigInput
    from tap_wix_users.summary import RunOutcome
    from tap_wix_users.writer import LineWriter


class CommandLine(SdkTap):
    """A tap as a command.

    Attributes:
        run: What the command runs.
    """

    run: Run

    @override
    def end_by_signal(self, number: int) -> None:
        self.logger.error(
            "Ended by %s; what a target has stored up to the last STATE is complete", signal.Signals(number).name
        )
        raise Terminated(128 + number)

    @override
    def run_discovery(self) -> str:
        with _printed(self.logger):
            return super().run_discovery()

    @classmethod
    @override
    def print_about(cls, output_format: str | None = None) -> None:
        with _printed(cls.logger):
            super().print_about(output_format)

    @classmethod
    @override
    def cb_config(cls, ctx: click.Context, param: click.Option, value: tuple[str, ...]) -> ConfigInput:
        try:
            return super().cb_config(ctx, param, value)
        except (OSError, ValueError, TypeError) as error:
            reason = (error.strerror or "no such file") if isinstance(error, OSError) else "not a JSON object"
            raise click.BadParameter(f"cannot read {' '.join(value)}: {reason}") from None

    @classmethod
    @override
    def cb_test(cls, ctx: click.Context, param: click.Option, value: str) -> None:
        if value == CliTestOptionValue.Disabled.value:
            return
        config: ConfigInput = ctx.params["config"]
        try:
            tap = cls(config=config.config, parse_env_config=config.parse_env)
        except ConfigValidationError as error:
            for sentence in error.errors:
                cls.logger.error(sentence)  # noqa: TRY400  # the sentence is all there is to know
            ctx.exit(1)
        if value == CliTestOptionValue.Schema.value:
            tap.write_schemas()
        else:
            tap.carry_out(tap.run_connection_test, told=False)
            cls.logger.info("The connection works: every stream could be read")
        ctx.exit()

    @classmethod
    @override
    def invoke(  # type: ignore[override]  # as the SDK's own does
        cls,
        *,
        about: bool = False,
        about_format: str | None = None,
        config: ConfigInput | None = None,
        state: IO[str] | None = None,
        catalog: IO[str] | None = None,
    ) -> None:
        """Run the tap.

        Args:
            about: Print what the tap is, and end.
            about_format: In which form.
            config: Settings.
            state: State of the run before.
            catalog: Selection of streams and columns.
        """
        super(Tap, cls).invoke(about=about, about_format=about_format)
        cls.print_version(print_fn=cls.logger.info)
        tap = cls(
            config=config.config if config else {},
            parse_env_config=config.parse_env if config else False,
            state=load_json_file(state, "--state"),
            catalog=load_json_file(catalog, "--catalog"),
        )
        tap.carry_out(tap.sync_all)

    def carry_out(self, job: Callable[[], Any], *, told: bool = True) -> None:
        """Do a job, and end the process with a code other than 0 when any part of it failed.

        Args:
            job: What to do.
            told: Whether it is a run, of which the log tells a summary.
        """
        tell: Callable[[RunOutcome], None] = self.run.tell if told else lambda _: None
        # Rows live as long as their page: looking for cycles among them after every 700 only costs time.
        gc.set_threshold(50_000, 20, 20)
        try:
            # The SDK tells nobody that a run is over, so that it is closed here.
            with self.run:
                job()
            self.writer.flush()
        except Terminated as end:
            tell("terminated")
            # Requests under way hold the interpreter's own exit up until they are answered.
            _flush_briefly(self.writer)
            os._exit(end.code)
        except TargetGone as end:
            # What is still buffered can never be written: the interpreter would only complain about it.
            self.logger.error("Cannot write to the target: %s", end.reason)  # noqa: TRY400
            tell("target_gone")
            sys.stderr.flush()
            os._exit(1)
        except BaseException:
            tell("crashed")
            raise
        tell("incomplete" if self.run.failures else "complete")
        if code := self.run.conclude():
            sys.exit(code)


class Terminated(SystemExit):
    """A signal ended the run."""

    code: int


@contextlib.contextmanager
def _printed(logger: logging.Logger) -> Iterator[None]:
    """End with one sentence where what is printed cannot be written."""
    try:
        yield
        sys.stdout.flush()
    except OSError as error:
        logger.error("Cannot write what was asked for: %s", error.strerror)  # noqa: TRY400
        sys.stderr.flush()
        # An exit of the usual kind would try to write the rest, and complain.
        os._exit(1)


def _flush_briefly(writer: LineWriter, seconds: float = 1.0) -> None:
    """Hand over whole lines, unless whoever reads them is stuck."""

    def flush() -> None:
        with contextlib.suppress(TargetGone, RuntimeError):
            writer.flush()

    last = threading.Thread(target=flush, daemon=True)
    last.start()
    last.join(seconds)
    sys.stderr.flush()
