"""tap-facebook-ads: settings, accounts and consent."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from singer_sdk import Stream
from singer_sdk import typing as th

from tap_facebook_ads.client import FacebookClient
from tap_facebook_ads.reports import DEFAULT, LEVELS, PERIODS, TABLE, read_reports
from tap_facebook_ads.streams import STREAMS, report_stream
from tap_toolkit.errors import SkipAccount, TapError
from tap_toolkit.http import Call
from tap_toolkit.settings import setting
from tap_toolkit.tap import PlatformTap
from tap_toolkit.tokens import FixedToken, Tokens, TokenSource

_NAMES = th.ArrayType(th.StringType)
CUSTOM_REPORT = th.ObjectType(
    th.Property("name", th.StringType(pattern="^[a-z][a-z0-9_]*$"), required=True),
    th.Property("level", th.StringType(allowed_values=LEVELS), required=True),
    th.Property("fields", _NAMES, required=True),
    th.Property("breakdowns", _NAMES),
    th.Property("action_breakdowns", _NAMES),
    th.Property("time_increment", th.CustomType({"enum": list(PERIODS)})),
    th.Property("attribution_windows", _NAMES),
    additional_properties=False,
)


class TapFacebookAds(PlatformTap):
    """Campaigns, ads, creatives and performance of Facebook and Instagram ad accounts."""

    name = "tap-facebook-ads"
    account_name = "ad account"
    stream_types = STREAMS
    unused_settings = frozenset({"refresh_tokens", "pii_salt", "requests_per_second", "account_requests_per_second"})
    windows_at_once = 16
    renew_before = timedelta(days=15)
    client: FacebookClient
    config_jsonschema = th.PropertiesList(
        setting(
            "account_ids",
            th.ArrayType(th.CustomType({"type": ["string", "integer"]})),
            "Ad accounts",
            'Accounts to read, like ["1010035716096012"]; act_ before a number is left out.',
            required=True,
        ),
        setting(
            "access_token",
            th.StringType,
            "Access token",
            "A system user's token with ads_read. Without it, those that `tap-facebook-ads authorize` kept are used.",
            secret=True,
        ),
        setting("app_id", th.StringType, "App id", "The app's id at developers.facebook.com; for authorize."),
        setting(
            "app_secret",
            th.StringType,
            "App secret",
            "The app's secret: for authorize, and to prove each call where the app demands it.",
            secret=True,
        ),
        setting(
            "reports",
            _NAMES,
            "Reports",
            f"Ready-made reports by name: {', '.join(TABLE['reports'])}.",
            default=list(DEFAULT),
        ),
        setting(
            "custom_reports",
            th.ArrayType(CUSTOM_REPORT),
            "Reports of your own",
            'Like [{"name": "by_country", "level": "campaign", "fields": ["spend"], "breakdowns": ["country"], '
            '"time_increment": "monthly"}].',
        ),
        setting(
            "report_minutes",
            th.IntegerType(minimum=1),
            "Minutes for a report",
            "How long Meta may take for a report before it is asked for again.",
            default=30,
        ),
        setting(
            "api_version",
            th.StringType(pattern=r"^v\d+\.\d+$"),
            "API version",
            "Meta ends a version after about a year.",
            default="v26.0",
        ),
        setting(
            "api_url",
            th.StringType,
            "API address",
            "Meta's host, or a sandbox's.",
            default="https://graph.facebook.com",
        ),
    ).to_dict()

    @property
    def accounts(self) -> Sequence[str]:
        """The ad accounts of the configuration, as digits."""
        return list(dict.fromkeys(str(account).removeprefix("act_") for account in self.config["account_ids"]))

    def check_config(self) -> list[str]:
        """Also what is wrong with the accounts and reports asked for."""
        wrong = super().check_config()
        wrong += [
            "Setting account_ids names an account that is no number: write it like 1010035716096012."
            for account in self.accounts
            if not account.isdecimal()
        ]
        wrong += read_reports(self._config)[1]
        taken = {stream.name for stream in STREAMS} | {"sync_windows", "rejected_records"}
        names = [report["name"] for report in self._config.get("custom_reports", ())]
        return wrong + [f"Report {name}: the name is a stream's already." for name in names if name in taken]

    def make_streams(self) -> Sequence[Stream]:
        """The account's objects, and a stream for each report of the settings."""
        patience = 60.0 * self.config["report_minutes"]
        reports = read_reports(self.config)[0]
        return [*super().make_streams(), *(report_stream(report, patience)(self) for report in reports)]

    def make_client(self, **common: Any) -> FacebookClient:
        """The client."""
        config = self.config
        return FacebookClient(
            base_url=config["api_url"],
            version=config["api_version"],
            app_secret=config.get("app_secret") or "",
            **common,
        )

    def token_source(self) -> TokenSource:
        """The token of the settings, or those that were consented to."""
        token = self.config.get("access_token")
        return FixedToken(token, "access_token") if token else self.tokens

    def token_key(self, account: str) -> str:
        """Tokens belong to an app and, here, to each account that they can read."""
        return f"facebook_ads/{self.config.get('app_id') or 'token'}/{account}"

    def refresh(self, account: str, tokens: Tokens) -> Tokens:
        """A token that lives for 60 days, for one that is still valid; Meta knows no refresh tokens."""
        return self._token(grant_type="fb_exchange_token", fb_exchange_token=tokens.refresh_token or "")

    def consent_url(self, redirect: str, state: str) -> str:
        """The link that whoever manages the accounts opens."""
        query = {"client_id": self._app("app_id"), "redirect_uri": redirect, "state": state, "scope": "ads_read"}
        host = self.client.base_url.replace("//graph.", "//www.")
        return f"{host}{self.client.prefix}dialog/oauth?{urlencode(query)}"

    def exchange(self, answer: Mapping[str, str], redirect: str) -> dict[str, Tokens]:
        """A long-lived token, for each configured account that it can read."""
        if "code" not in answer:
            raise TapError("Meta's answer has no code: consent again, and paste the whole address.")
        short = self._token(code=answer["code"], redirect_uri=redirect)
        tokens = self.refresh("", short)
        self.client.tokens = FixedToken(tokens.access_token, "access_token")
        granted = {}
        for account in self.accounts:
            with contextlib.suppress(SkipAccount):
                self.info(account)
                granted[account] = tokens
        return granted

    def _app(self, name: str) -> str:
        if value := self.config.get(name):
            return str(value)
        raise TapError(f"Setting {name} is missing: consent is given to an app.")

    def _token(self, **proof: str) -> Tokens:
        """A token, which is its own proof when it is renewed."""
        app = {"client_id": self._app("app_id"), "client_secret": self._app("app_secret")}
        call = Call("oauth/access_token", params=[*app.items(), *proof.items()], authorized=False, once=True)
        answer = self.client.call(call)
        token, lasts = str(answer["access_token"]), answer.get("expires_in")
        return Tokens(token, token, datetime.now(UTC) + timedelta(seconds=int(lasts)) if lasts else None)

    def info(self, account: str) -> Mapping[str, Any]:
        """The account's own description of itself."""
        answer: Mapping[str, Any] = self.client.call(
            Call(f"act_{account}", account, [("fields", "name,currency,timezone_name")])
        )
        return answer

    def identify(self, account: str) -> str:
        """The account's name, currency and time zone."""
        account_info = self.info(account)
        return f"{account_info['name']}, {account_info['currency']}, {account_info['timezone_name']}"

    def find_zone(self, account: str) -> tzinfo:
        """The account's time zone, in which Meta counts its days."""
        return ZoneInfo(self.info(account)["timezone_name"])
