"""tap-tiktok-ads: settings, advertisers and consent."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from datetime import tzinfo
from typing import Any
from urllib.parse import urlencode

from singer_sdk import typing as th

from tap_tiktok_ads.client import INFO, TikTokAdsClient
from tap_tiktok_ads.streams import REPORTS, STREAMS, report_stream
from tap_toolkit.answers import rows_in, text_in
from tap_toolkit.errors import SkipAccount, TapError
from tap_toolkit.http import Call
from tap_toolkit.regions import zone_named
from tap_toolkit.report_tap import ReportTap
from tap_toolkit.settings import setting
from tap_toolkit.tokens import FixedToken, Tokens, TokenSource

_IDS = th.ArrayType(th.CustomType({"type": ["string", "integer"], "pattern": r"^\d+$", "minimum": 1}))
_TOKEN = "A long-term token. Without it, those that `tap-tiktok-ads authorize` kept are used."


class TapTikTokAds(ReportTap):
    """Campaigns, ads and performance of advertisers on TikTok, GMV Max included."""

    name = "tap-tiktok-ads"
    account_name = "advertiser"
    stream_types = STREAMS
    report_table = REPORTS
    report_stream = staticmethod(report_stream)
    windows_at_once = 0
    unused_settings = frozenset({"refresh_tokens", "pii_salt", "account_requests_per_second"})
    client: TikTokAdsClient
    config_jsonschema = th.PropertiesList(
        setting("advertiser_ids", _IDS, "Advertisers", 'Those to read, like ["7100000000000000001"].', required=True),
        setting("access_token", th.StringType, "Access token", _TOKEN, secret=True),
        setting("app_id", th.StringType, "App id", "The app's id in TikTok for Business; for authorize."),
        setting("app_secret", th.StringType, "App secret", "The app's secret there; for authorize.", secret=True),
        *REPORTS.settings(),
        setting(
            "api_url",
            th.StringType,
            "API address",
            "TikTok's, or a sandbox's.",
            default="https://business-api.tiktok.com",
        ),
        setting(
            "requests_per_second",
            th.NumberType(minimum=0),
            "Requests a second",
            "Budget of the application, shared by all advertisers; 0 for no limit.",
            default=4,
        ),
    ).to_dict()

    @property
    def accounts(self) -> Sequence[str]:
        """The advertisers of the configuration."""
        return list(dict.fromkeys(str(account) for account in self.config["advertiser_ids"]))

    def make_client(self, **common: Any) -> TikTokAdsClient:
        """The client."""
        return TikTokAdsClient(base_url=self.config["api_url"], **common)

    def token_source(self) -> TokenSource:
        """The token of the settings, or those that were consented to."""
        token = self.config.get("access_token")
        return FixedToken(token, "access_token") if token else self.tokens

    def token_key(self, account: str) -> str:
        """Tokens belong to an app and, here, to each advertiser that they can read."""
        return f"tiktok_ads/{self.config.get('app_id') or 'token'}/{account}"

    def refresh(self, account: str, tokens: Tokens) -> Tokens:
        """Never asked for: a token lives until it is revoked, and then only a person can help."""
        raise SkipAccount("TikTok renews no tokens: run `tap-tiktok-ads authorize`.")

    def consent_url(self, redirect: str, state: str) -> str:
        """The link that whoever manages the advertisers opens."""
        self._app("app_secret")  # its lack is told before anybody consents
        query = {"app_id": self._app("app_id"), "state": state, "redirect_uri": redirect}
        return f"{self.client.base_url}/portal/auth?{urlencode(query)}"

    def exchange(self, answer: Mapping[str, str], redirect: str) -> dict[str, Tokens]:
        """A long-term token, for each configured advertiser that it can read."""
        code = answer.get("auth_code") or answer.get("code")
        if not code:
            raise TapError("TikTok's answer has no auth_code: consent again, and paste the whole address.")
        proof = {"app_id": self._app("app_id"), "secret": self._app("app_secret"), "auth_code": code}
        granted = self.client.call(Call("oauth2/access_token/", body=proof, authorized=False, once=True))
        return self.readable_with(Tokens(text_in(granted, "access_token", "oauth2/access_token/")))

    def _app(self, name: str) -> str:
        if value := self.config.get(name):
            return str(value)
        raise TapError(f"Setting {name} is missing: consent is given to an app.")

    @functools.cached_property
    def _infos(self) -> dict[str, Mapping[str, Any]]:
        return {}

    def info(self, account: str) -> Mapping[str, Any]:
        """TikTok's own description of an advertiser, asked for once."""
        if account not in self._infos:
            rows = rows_in(self.client.call(Call(INFO, account)), "list", INFO)
            if not rows:
                raise SkipAccount(f"TikTok knows no advertiser {account}. Check advertiser_ids.")
            self._infos[account] = rows[0]
        return self._infos[account]

    def identify(self, account: str) -> str:
        """The advertiser's name, currency and time zone."""
        return ", ".join(text_in(self.info(account), name, INFO) for name in ("name", "currency", "timezone"))

    def find_zone(self, account: str) -> tzinfo:
        """The advertiser's time zone, in which TikTok counts its days."""
        return zone_named(text_in(self.info(account), "timezone", INFO))
