"""The command: options, signals, exit codes, and what happens when its output can no longer be written."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import signal
import sys
import threading
from functools import cached_property
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Self

import click
from singer_sdk.exceptions import ConfigValidationError
from singer_sdk.tap_base import CliTestOptionValue, Tap
from typing_extensions import override

from tap_wix_users.doctor.checks import Check, Examination
from tap_wix_users.doctor.recording import RecordingClient
from tap_wix_users.doctor.report import report, write_private
from tap_wix_users.inputs import load_json_file
from tap_wix_users.run import NothingReadable
from tap_wix_users.sdk import SdkTap
from tap_wix_users.signals import SignalRepeater
from tap_wix_users.wix.network import BadNetworkSettings
from tap_wix_users.writer import TargetGone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tap_wix_users.run import Run
    from tap_wix_users.sdk import ConfigInput
    from tap_wix_users.summary import RunOutcome
    from tap_wix_users.writer import LineWriter


_REPORT = "tap_wix_users.report"
"""Where click's context keeps the path of `--report`."""


class CommandLine(SdkTap):
    """The tap's command line.

    Attributes:
        run: The run that the command carries out.
    """

    run: Run

    @cached_property
    def _signals(self) -> SignalRepeater:
        return SignalRepeater()

    @override
    def end_by_signal(self, number: int) -> None:
        self._signals.handled()
        self.logger.error(
            "Ended by %s; what a target has stored up to the last STATE is complete", signal.Signals(number).name
        )
        raise Terminated(128 + number)

    @override
    def run_discovery(self) -> str:
        with _exit_if_unwritable(self.logger):
            return super().run_discovery()

    @classmethod
    @override
    def print_about(cls, output_format: str | None = None) -> None:
        with _exit_if_unwritable(cls.logger):
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
        tap = cls._configured(ctx)
        if value == CliTestOptionValue.Schema.value:
            tap.write_schemas()
            ctx.exit()
        levels = {"FAIL": logging.ERROR, "note": logging.WARNING}
        verdicts = []
        for check in tap.examine():
            verdicts.append(check.verdict)
            cls.logger.log(levels.get(check.verdict, logging.INFO), "%s: %s", check.name, check.says)
        if "FAIL" not in verdicts:
            cls.logger.info("The connection works: every stream could be read")
        ctx.exit(int("FAIL" in verdicts))

    @classmethod
    @override
    def get_singer_command(cls) -> click.Command:
        command = super().get_singer_command()
        for option in command.params:
            if isinstance(option, click.Option) and option.name == "test":
                option.help = (
                    "Request each endpoint once and log what cannot be read. --test=schema writes the schemas."
                )
        doctor = click.Option(
            ["--doctor"],
            is_flag=True,
            help="Check the key, its permissions and Wix's responses, one line per check, without personal data.",
            callback=cls.cb_doctor,
            expose_value=False,
        )
        report = click.Option(
            ["--report"],
            metavar="FILE",
            type=click.Path(dir_okay=False, path_type=Path),
            is_eager=True,
            help="With --doctor: write a report to attach to an issue; it contains no strings from your account.",
            callback=lambda ctx, _, path: ctx.meta.__setitem__(_REPORT, path),
            expose_value=False,
        )
        command.params.extend([doctor, report])
        return command

    @classmethod
    def cb_doctor(cls, ctx: click.Context, _: click.Parameter, value: bool) -> None:  # noqa: FBT001  # as click calls it
        """Run `--doctor`."""
        if not value:
            return
        verdicts = []
        with _exit_if_unwritable(cls.logger):
            for check in cls._configured(ctx).examine(ctx.meta[_REPORT]):
                click.echo(str(check))
                verdicts.append(check.verdict)
        ctx.exit(int("FAIL" in verdicts))

    @classmethod
    def _configured(cls, ctx: click.Context) -> Self:
        """The tap with the settings of this command line; exits when they are invalid."""
        config: ConfigInput = ctx.params["config"]
        try:
            return cls(config=config.config, parse_env_config=config.parse_env)
        except ConfigValidationError as error:
            for sentence in error.errors:
                cls.logger.error(sentence)  # noqa: TRY400  # the message says everything
            ctx.exit(1)

    def examine(self, path: Path | None = None) -> Iterator[Check]:
        """Check the account and the key.

        Args:
            path: Where to write the report; None to write none.

        Yields:
            The result of each check.
        """
        chosen, done = self.run.settings, []
        try:
            client = RecordingClient(
                api_key=chosen.api_key.get_secret_value(),
                base_url=chosen.base_url,
                requests_per_minute=chosen.requests_per_minute,
                request_timeout=chosen.request_timeout,
            )
        except BadNetworkSettings as error:
            yield Check("FAIL", "network", str(error))
            return
        with client:
            for check in Examination(client, chosen).checks():
                done.append(check)
                yield check
        if path is not None:
            contents = report(done, client.exchanges, version=self.plugin_version, account_id=chosen.account_id)
            try:
                write_private(path, json.dumps(contents, indent=1))
            except OSError as error:
                yield Check("FAIL", "report", f"it cannot be written to {path}: {error.strerror}")

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
            about: Print information about the tap, and exit.
            about_format: The format of that information.
            config: The settings.
            state: The state of the previous run.
            catalog: The selection of streams and columns.
        """
        super(Tap, cls).invoke(about=about, about_format=about_format)
        cls.print_version(print_fn=cls.logger.info)
        tap = cls(
            config=config.config if config else {},
            parse_env_config=config.parse_env if config else False,
            state=load_json_file(state, "--state"),
            catalog=load_json_file(catalog, "--catalog"),
        )
        tap.run_job(tap.sync_all if tap.state.get("bookmarks") else tap.sync_for_the_first_time)

    def sync_for_the_first_time(self) -> None:
        """Sync, unless nothing can be read: `meltano config test` takes any record for success, even a receipt."""
        self.run.check_access()
        self.sync_all()

    def run_job(self, job: Callable[[], Any]) -> None:
        """Run a job, and exit with a non-zero code when any part of it failed.

        Args:
            job: The job.
        """
        summarize: Callable[[RunOutcome], None] = self.run.log_summary
        try:
            # The SDK has no hook for the end of a run, so the run is closed here.
            with self._signals, self.run:
                self.run.open()
                job()
            self.writer.flush()
        except Terminated as end:
            summarize("terminated")
            # A normal exit would wait for the requests in flight.
            _flush_briefly(self.writer)
            os._exit(end.code)
        except TargetGone as end:
            # What is still buffered can never be written, and a normal exit would print an error about it.
            self.logger.error("Cannot write to the target: %s", end.reason)  # noqa: TRY400
            summarize("target_gone")
            sys.stderr.flush()
            os._exit(1)
        except (NothingReadable, BadNetworkSettings) as error:
            self.logger.error("%s", error)  # noqa: TRY400  # the message says everything
            summarize("incomplete")
            sys.exit(1)
        except BaseException:
            summarize("crashed")
            raise
        summarize("incomplete" if self.run.failures else "complete")
        if code := self.run.conclude():
            sys.exit(code)


class Terminated(SystemExit):
    """A signal ended the run."""

    code: int


@contextlib.contextmanager
def _exit_if_unwritable(logger: logging.Logger) -> Iterator[None]:
    """Exit with a one-line error when standard output cannot be written."""
    try:
        yield
        sys.stdout.flush()
    except OSError as error:
        logger.error("Cannot write the output: %s", error.strerror)  # noqa: TRY400
        sys.stderr.flush()
        # A normal exit would try to write the rest, and print an error.
        os._exit(1)


def _flush_briefly(writer: LineWriter, seconds: float = 1.0) -> None:
    """Flush whole lines, but give up after some seconds if the reader is stuck."""

    def flush() -> None:
        with contextlib.suppress(TargetGone, RuntimeError):
            writer.flush()

    last = threading.Thread(target=flush, daemon=True)
    last.start()
    last.join(seconds)
    sys.stderr.flush()
