"""A platform's tap: settings, accounts, credentials and the run, from the first check to the exit code."""

from __future__ import annotations

import abc
import functools
import json
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from types import FrameType
from typing import IO, Any, ClassVar, cast

import click
from singer_sdk import Stream, Tap
from singer_sdk import typing as th
from singer_sdk.configuration._dict_config import merge_missing_config_jsonschema
from singer_sdk.exceptions import ConfigValidationError
from singer_sdk.helpers._classproperty import classproperty
from singer_sdk.helpers.capabilities import CapabilitiesEnum, TapCapabilities
from singer_sdk.plugin_base import _ConfigInput

from tap_toolkit.ahead import ReadAhead
from tap_toolkit.cli import TapCommand
from tap_toolkit.errors import Fatal, SkipAccount, TapError
from tap_toolkit.fetch import Fetcher
from tap_toolkit.http import ApiClient
from tap_toolkit.ledger import Ledger
from tap_toolkit.ratelimit import RateBudget
from tap_toolkit.secrecy import conceal
from tap_toolkit.settings import check_settings, from_environment, setting
from tap_toolkit.state import check_state
from tap_toolkit.streams import PlatformStream
from tap_toolkit.token_stores import open_store
from tap_toolkit.tokens import FixedToken, TokenManager, Tokens, TokenSource
from tap_toolkit.windows import instant
from tap_toolkit.writer import BufferedWriter

#: Settings that every tap has, beside its platform's own.
COMMON_SETTINGS = th.PropertiesList(
    setting(
        "start_date",
        th.DateTimeType,
        "Start date",
        "Read what changed at or after this time. Moving it back reads the earlier span.",
        required=True,
    ),
    setting("end_date", th.DateTimeType, "End date", "Read what changed before this time; now, when not set."),
    setting(
        "refresh_tokens",
        th.ObjectType(additional_properties=th.StringType),
        "First refresh tokens",
        "Account id to refresh token, for accounts that were not authorized on this machine. Each is used once; the "
        "token store keeps what follows.",
        secret=True,
    ),
    setting(
        "token_store",
        th.StringType,
        "Token store",
        "Where rotating tokens are kept: a directory, or gsm:PROJECT for Google Secret Manager.",
        default="~/.talat/tokens",
    ),
    setting(
        "pii_salt",
        th.StringType,
        "Salt for personal ids",
        "Key of the hash that stands for a buyer's id. Without it the id is dropped.",
        secret=True,
    ),
    setting(
        "concurrency",
        th.IntegerType(minimum=1, maximum=256),
        "Concurrency",
        "Requests under way at once.",
        default=8,
    ),
    setting(
        "requests_per_second",
        th.NumberType(minimum=0),
        "Requests a second",
        "Budget of the application, shared by all accounts; 0 for no limit.",
        default=10,
    ),
    setting(
        "account_requests_per_second",
        th.NumberType(minimum=0),
        "Requests a second and account",
        "Budget of each account; 0 for no limit.",
        default=0,
    ),
).to_dict()


class PlatformTap(Tap):
    """A tap for one platform and any number of its accounts.

    A platform gives its name, settings, streams, client and the few hooks below.
    """

    account_name: ClassVar[str] = "account"
    stream_types: ClassVar[tuple[type[PlatformStream], ...]]
    #: Common settings that say nothing to this platform.
    unused_settings: ClassVar[frozenset[str]] = frozenset()
    #: Windows read side by side, where they mostly wait for reports; else as many as requests.
    windows_at_once: ClassVar[int] = 0
    #: Whether accounts are read by their owners' consent, which ``authorize`` asks for.
    consents: ClassVar[bool] = True
    #: How long before its end a token is renewed; at most the last quarter of its life.
    renew_before: ClassVar[timedelta] = timedelta(minutes=5)
    message_writer_class = BufferedWriter
    #: The SDK's, without ACTIVATE_VERSION, which is never sent: what is gone is marked by the platforms.
    capabilities: ClassVar[list[CapabilitiesEnum]] = [
        capability for capability in Tap.capabilities if capability is not TapCapabilities.ACTIVATE_VERSION
    ]

    @property
    @abc.abstractmethod
    def accounts(self) -> Sequence[str]:
        """Ids of the accounts to read, as text."""

    @abc.abstractmethod
    def make_client(self, **common: Any) -> ApiClient:
        """The platform's client; ``common`` are the arguments every client takes."""

    @abc.abstractmethod
    def token_key(self, account: str) -> str:
        """Under which name the account's tokens are kept: ``platform/application/account``."""

    @abc.abstractmethod
    def refresh(self, account: str, tokens: Tokens) -> Tokens:
        """A new token pair from the platform. May be called once for each refresh token."""

    @abc.abstractmethod
    def consent_url(self, redirect: str, state: str) -> str:
        """The link an account's owner opens to consent; the answer comes to ``redirect`` with ``state``."""

    @abc.abstractmethod
    def exchange(self, answer: Mapping[str, str], redirect: str) -> dict[str, Tokens]:
        """The tokens, by account, for the query the owner's browser came back to ``redirect`` with."""

    @abc.abstractmethod
    def identify(self, account: str) -> str:
        """Who the account is, by one cheap authorized call; raises what the platform's table decides."""

    def readable_with(self, tokens: Tokens) -> dict[str, Tokens]:
        """One consent's tokens for each configured account that they can read; the others are told of."""
        self.client.tokens = FixedToken(tokens.access_token)
        granted = {}
        for account in self.accounts:
            try:
                self.identify(account)
                granted[account] = tokens
            except SkipAccount as refused:
                click.echo(f"{self.account_name.capitalize()} {account} cannot be read with it. {refused}", err=True)
        return granted

    def names_accounts(self) -> bool:
        """Whether the settings name an account; overridden where the platform is asked which there are."""
        return bool(self.accounts)

    def account_value(self, account: str) -> Any:
        """The account's id as its records carry it."""
        return account

    def find_zone(self, account: str) -> tzinfo:
        """The account's own time zone; may ask the platform."""
        return UTC

    # What streams ask for.

    def zone(self, account: str) -> tzinfo:
        """The time zone in which the account's days begin, asked for once."""
        if account not in self._zones:
            self._zones[account] = self.find_zone(account)
        return self._zones[account]

    @functools.cached_property
    def now(self) -> datetime:
        """The moment the sync began; nothing later is asked for."""
        return datetime.now(UTC)

    @functools.cached_property
    def start(self) -> datetime:
        """The setting ``start_date``."""
        return instant(self.config["start_date"])

    @functools.cached_property
    def end(self) -> datetime | None:
        """The setting ``end_date``."""
        return instant(self.config["end_date"]) if self.config.get("end_date") else None

    @functools.cached_property
    def client(self) -> ApiClient:
        """The platform's API, with the account's tokens."""
        config, settings = self.config, self.config_jsonschema["properties"]
        conceal(*(config.get(name) for name, declared in settings.items() if declared.get("secret")))
        client = self.make_client(
            budget=RateBudget(
                app_rate=float(config.get("requests_per_second", 0)),
                account_rate=float(config.get("account_requests_per_second", 0)),
            ),
            concurrency=config["concurrency"],
            user_agent=f"{self.name}/{self.plugin_version}",
            logger=self.logger,
        )
        client.tokens = self.token_source()
        return client

    def token_source(self) -> TokenSource:
        """Where calls have their tokens from; a platform whose tokens may come from the settings overrides it."""
        return self.tokens

    @functools.cached_property
    def tokens(self) -> TokenManager:
        """The accounts' tokens, kept in the store and renewed when they must be."""
        return TokenManager(
            open_store(self.config["token_store"]),
            key=self.token_key,
            refresh=self.refresh,
            seeds={str(k): v for k, v in (self.config.get("refresh_tokens") or {}).items()},
            tap_name=self.name,
            margin_seconds=self.renew_before.total_seconds(),
        )

    @functools.cached_property
    def fetcher(self) -> Fetcher:
        """The threads that read."""
        return Fetcher(self.client, self.config["concurrency"], windows_at_once=self.windows_at_once)

    def gap(self, sentence: str) -> None:
        """Note that something could not be read: the run goes on, and ends with exit code 1."""
        self.logger.warning(sentence)
        self.gaps.append(sentence)

    # The run.

    def discover_streams(self) -> Sequence[Stream]:
        """The platform's streams and the two of the ledger."""
        self.gaps: list[str] = []
        self.dead: dict[str, str] = {}
        self.has_written = False
        self._zones: dict[str, tzinfo] = {}
        self.ahead = ReadAhead()
        self.ledger = Ledger(self)
        return [*self.make_streams(), self.ledger.windows, self.ledger.rejections]

    def make_streams(self) -> Sequence[Stream]:
        """The platform's streams; overridden where the settings name some."""
        return [stream(self) for stream in self.stream_types]

    def load_state(self, state: dict[str, Any]) -> None:
        """Take a state over; raises :class:`~tap_toolkit.errors.Fatal` for one that is not this tap's."""
        check_state(state, tap=self.name, streams=self.streams)
        super().load_state(state)

    def run(self) -> None:
        """Read everything that is selected. Raises one sentence at the end when there are gaps."""
        self.client.check_reachable()
        chosen = [s for s in self.streams.values() if isinstance(s, PlatformStream) and s.selected]
        self.ahead = ReadAhead(chosen, self.fetcher)
        try:
            try:
                self.sync_all()
            finally:
                cast(BufferedWriter, self.message_writer).flush()
                self.fetcher.close()
        except BrokenPipeError:
            raise Fatal("The target stopped reading. Its own message, above, says why.") from None
        if self.gaps:
            more = f" (and {len(self.gaps) - 3} more, see sync_windows)" if len(self.gaps) > 3 else ""
            count = f"{len(self.gaps)} gap{'s' if self.gaps[1:] else ''}"
            raise TapError(f"Finished with {count}: {' | '.join(self.gaps[:3])}{more}")

    def test_credentials(self) -> bool:
        """Say for each account, in a sentence, whether its credentials work; True when all do."""
        self.client.check_reachable()
        works = True
        for account in self.accounts:
            try:
                click.echo(f"{self.account_name} {account}: the credentials work ({self.identify(account)}).")
            except TapError as error:
                works = False
                click.echo(f"{self.account_name} {account}: the credentials do not work. {error}", err=True)
        return works

    def _validate_config(self, *, raise_errors: bool = True) -> list[str]:
        """Refuse settings in sentences that never repeat a value, which may be a secret."""
        self.append_builtin_config(self.config_jsonschema)
        errors = check_settings(self._config, self.config_jsonschema)
        if not errors:
            errors = self.check_config()
        if errors and raise_errors:
            raise ConfigValidationError("Config validation failed", errors=errors, schema={})
        return errors

    def check_config(self) -> list[str]:
        """Sentences about settings that a schema cannot judge."""
        errors = [] if self.names_accounts() else [f"There is no {self.account_name} to read: name one at least."]
        times = {}
        for name in ("start_date", "end_date"):
            if value := self._config.get(name):
                try:
                    times[name] = instant(value)
                except ValueError:
                    errors.append(f"Setting {name} is not a time: write it like 2026-01-31T00:00:00Z.")
        if len(times) == 2 and times["start_date"] >= times["end_date"]:
            errors.append("Setting end_date must be later than start_date.")
        if "start_date" in times and times["start_date"] > datetime.now(UTC):
            errors.append("Setting start_date is in the future: there is nothing to read yet.")
        return errors

    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:
        """End at once: what was finished is in the last STATE, and the rest is read again."""
        cast(BufferedWriter, self.message_writer).leave(128 + signum)

    # The command line.

    @classproperty
    def _env_var_config(cls) -> dict[str, Any]:  # noqa: N805
        """What ``--config ENV`` says; a value that is not of its kind is left for the check of settings to refuse."""
        cls.append_builtin_config(cls.config_jsonschema)
        return from_environment(cls.config_jsonschema, cls._env_var_prefix)

    @classmethod
    def append_builtin_config(cls, config_jsonschema: dict[str, Any]) -> None:
        """Add the settings that every tap has."""
        used = {name: s for name, s in COMMON_SETTINGS["properties"].items() if name not in cls.unused_settings}
        merge_missing_config_jsonschema({**COMMON_SETTINGS, "properties": used}, config_jsonschema)
        required = config_jsonschema.setdefault("required", [])
        required += [name for name in COMMON_SETTINGS["required"] if name not in required]
        super().append_builtin_config(config_jsonschema)

    @classmethod
    def invoke(  # type: ignore[override]
        cls,
        *,
        about: bool = False,
        about_format: str | None = None,
        config: _ConfigInput | None = None,
        state: IO[str] | None = None,
        catalog: IO[str] | None = None,
    ) -> None:
        """Run the tap from the command line; whatever goes wrong is one sentence and exit code 1."""
        if about:
            cls.print_about(about_format)
            sys.exit(0)
        config = config or _ConfigInput()
        cls(
            config=config.config,
            state=None if state is None else _read_json(state, "state"),
            catalog=None if catalog is None else _read_json(catalog, "catalog"),
            parse_env_config=config.parse_env,
        ).run()

    @classmethod
    def cb_test(cls, ctx: click.Context, param: click.Option, value: str) -> None:
        """``--test``: say whether the credentials work. ``--test=schema`` writes the schemas, as the SDK does."""
        if value != "all":
            super().cb_test(ctx, param, value)
            return
        config: _ConfigInput = ctx.params.get("config", _ConfigInput())
        tap = cls(config=config.config, parse_env_config=config.parse_env)
        ctx.exit(0 if tap.test_credentials() else 1)

    @classmethod
    def authorize_command(cls) -> click.Command:
        """``authorize``: a seller's consent, from the link to the stored tokens."""
        from tap_toolkit.authorize import authorize_command  # only who consents pays for a web server's import

        def flow(config: dict[str, Any], parse_env: bool) -> PlatformTap:
            tap = cls(config=config, parse_env_config=parse_env, setup_mapper=False)
            tap.client.check_reachable()
            return tap

        return authorize_command(tap_name=cls.name, make_flow=flow, account_name=cls.account_name)

    @classmethod
    def get_singer_command(cls) -> click.Command:
        """The Singer command line, with ``authorize`` beside it."""
        return TapCommand.around(super().get_singer_command(), cls)


def _read_json(file: IO[str], what: str) -> dict[str, Any]:
    try:
        value = json.load(file)
    except ValueError:
        raise Fatal(f"The {what} file {file.name} is not JSON. Pass the file that was written, or none.") from None
    if not isinstance(value, dict):
        raise Fatal(f"The {what} file {file.name} does not hold a JSON object.")
    return value
