"""The command line of every tap: Singer's own, ``authorize`` beside it, and one sentence for whatever goes wrong."""

from __future__ import annotations

import logging
import os
import sys
from typing import TYPE_CHECKING, Any

import click
from singer_sdk.exceptions import ConfigValidationError, MapExpressionError, StreamMapConfigError
from singer_sdk.plugin_base import SingerCommand

from tap_toolkit.errors import TapError

if TYPE_CHECKING:
    from tap_toolkit.tap import PlatformTap


class TapCommand(SingerCommand):
    """The SDK's command, without tracebacks for a person's mistakes."""

    tap_class: type[PlatformTap]

    @classmethod
    def around(cls, command: click.Command, tap_class: type[PlatformTap]) -> TapCommand:
        """The same command with our handling of errors and subcommands."""
        consent = f"\n\nUse `{command.name} authorize --help` to let a seller give consent."
        wrapped = cls(
            name=command.name,
            callback=command.callback,
            params=command.params,
            help=f"{command.help}{consent if tap_class.consents else ''}",
            context_settings=command.context_settings,
            logger=tap_class.logger,
        )
        wrapped.tap_class = tap_class
        return wrapped

    def main(self, args: Any = None, **extra: Any) -> Any:  # type: ignore[override]
        """Run, and leave with exit code 1 and a sentence when something is wrong."""
        arguments = list(sys.argv[1:] if args is None else args)
        # An empty variable is one that is not set: .env.example leaves them so, and the SDK cannot read them.
        prefix = f"{self.tap_class.name.upper().replace('-', '_')}_"
        for name in [name for name, value in os.environ.items() if name.startswith(prefix) and not value]:
            del os.environ[name]
        try:
            if arguments[:1] == ["authorize"] and self.tap_class.consents:
                return self.tap_class.authorize_command().main(arguments[1:], **extra)
            return super().main(arguments, **extra)
        except TapError as error:
            self.logger.error("%s", error)
        except ConfigValidationError as error:
            self.logger.error("%s", " ".join(error.errors))
        except FileNotFoundError as error:
            self.logger.error("%s", str(error).removeprefix("File at ").rstrip("."))
        except ValueError as error:  # the SDK parses configuration files
            if type(error).__name__ != "JSONDecodeError":
                raise
            self.logger.error("The configuration file is not JSON: %s.", error)
        except (StreamMapConfigError, MapExpressionError) as error:
            self.logger.error("Setting stream_maps cannot be used: %s", error)
        sys.exit(1)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the callback; what goes wrong is for :meth:`main` to say, once."""
        logging.captureWarnings(capture=True)
        return click.Command.invoke(self, ctx)
