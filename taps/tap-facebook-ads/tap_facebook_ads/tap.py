"""tap-facebook-ads: settings, accounts and consent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any
from urllib.parse import urlencode

from singer_sdk import typing as th

from tap_facebook_ads.client import FacebookClient
from tap_facebook_ads.streams import REPORTS, STREAMS, report_stream
from tap_toolkit.answers import text_in
from tap_toolkit.errors import TapError
from tap_toolkit.http import Call
from tap_toolkit.regions import zone_named
from tap_toolkit.report_tap import ReportTap
from tap_toolkit.settings import setting
from tap_toolkit.tokens import FixedToken, Tokens, TokenSource

_IDS = th.ArrayType(th.CustomType({"type": ["string", "integer"], "pattern": r"^(act_)?\d+$", "minimum": 1}))
_VERSION = th.StringType(pattern=r"^v\d+\.\d+$")
_TOKEN = "A system user's, with ads_read. Without it, those that `tap-facebook-ads authorize` kept are used."
_SECRET = "The app's secret: for authorize, and to prove each call where the app demands it."


class TapFacebookAds(ReportTap):
    """Campaigns, ads, creatives and performance of Facebook and Instagram ad accounts."""

    name = "tap-facebook-ads"
    account_name = "ad account"
    stream_types = STREAMS
    report_table = REPORTS
    report_stream = staticmethod(report_stream)
    unused_settings = frozenset({"refresh_tokens", "pii_salt", "requests_per_second", "account_requests_per_second"})
    renew_before = timedelta(days=15)
    client: FacebookClient
    config_jsonschema = th.PropertiesList(
        setting("account_ids", _IDS, "Ad accounts", 'Accounts to read, like ["1010035716096012"].', required=True),
        setting("access_token", th.StringType, "Access token", _TOKEN, secret=True),
        setting("app_id", th.StringType, "App id", "The app's id at developers.facebook.com; for authorize."),
        setting("app_secret", th.StringType, "App secret", _SECRET, secret=True),
        *REPORTS.settings(),
        setting("api_version", _VERSION, "API version", "Meta ends one after about a year.", default="v26.0"),
        setting(
            "api_url", th.StringType, "API address", "Meta's, or a sandbox's.", default="https://graph.facebook.com"
        ),
    ).to_dict()

    @property
    def accounts(self) -> Sequence[str]:
        """The ad accounts of the configuration, as digits."""
        return list(dict.fromkeys(str(account).removeprefix("act_") for account in self.config["account_ids"]))

    def make_client(self, **common: Any) -> FacebookClient:
        """The client."""
        url, version = self.config["api_url"], self.config["api_version"]
        return FacebookClient(base_url=url, version=version, app_secret=self.config.get("app_secret", ""), **common)

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
        self._app("app_secret")  # its lack is told before anybody consents
        query = {"client_id": self._app("app_id"), "redirect_uri": redirect, "state": state, "scope": "ads_read"}
        host = self.client.base_url.replace("//graph.", "//www.")
        return f"{host}{self.client.prefix}dialog/oauth?{urlencode(query)}"

    def exchange(self, answer: Mapping[str, str], redirect: str) -> dict[str, Tokens]:
        """A long-lived token, for each configured account that it can read."""
        if "code" not in answer:
            raise TapError("Meta's answer has no code: consent again, and paste the whole address.")
        return self.readable_with(self.refresh("", self._token(code=answer["code"], redirect_uri=redirect)))

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
        call = Call(f"act_{account}", account, [("fields", "name,currency,timezone_name")])
        answer: Mapping[str, Any] = self.client.call(call)
        return answer

    def identify(self, account: str) -> str:
        """The account's name, currency and time zone."""
        return ", ".join(self.info(account)[name] for name in ("name", "currency", "timezone_name"))

    def find_zone(self, account: str) -> tzinfo:
        """The account's time zone, in which Meta counts its days."""
        return zone_named(text_in(self.info(account), "timezone_name", f"act_{account}"))
