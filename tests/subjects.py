"""Every tap as the suites of the whole see it: a row each, so that the next platform is one more row.

A suite is ``@pytest.mark.parametrize("subject", SUBJECTS, ids=NAMES)``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from talat_sandbox.platforms.tiktok_shop.protocol import APP_KEY, APP_SECRET, SERVICE_ID
from talat_sandbox.testing import Sandbox
from talat_sandbox.vault import Vault
from tap_facebook_ads.streams import REPORTS

Config = dict[str, Any]
Row = Mapping[str, Any]
Key = tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """A stream whose rows the truth knows.

    ``keys`` and ``values`` are fields of the record and the columns of the truth's table that must equal them;
    ``only`` says which rows of the truth the stream has, of those of a ``platform`` if it is named; ``call`` is a part
    of the path whose answers, and no others, bear its rows, where there is one.
    """

    stream: str
    truth: str
    keys: Mapping[str, str]
    values: Mapping[str, str] = field(default_factory=dict)
    only: Callable[[Row], bool] = lambda row: True
    call: str = ""
    platform: str = ""

    @property
    def fields(self) -> list[str]:
        """The record's fields that are compared, the key's first."""
        return [*self.keys, *self.values]

    def expected(self, sandbox: Sandbox, as_of: str | None = None) -> dict[Key, Key]:
        """What the stream must hold, at the sandbox's present moment or another: values by key, as texts."""
        rows = sandbox.truth(self.truth, as_of)
        here = (row for row in rows if self.platform in ("", row["platform"]))
        rows = filter(self.only, here)
        return _by_key(rows, self.keys.values(), self.values.values())

    def found(self, rows: Iterable[Row]) -> dict[Key, Key]:
        """The same of records, or of rows of a warehouse. Raises AssertionError for a key that comes twice."""
        return _by_key(rows, self.keys, self.values)

    def latest(self, records: Iterable[Row]) -> dict[Key, Key]:
        """The same of records of which the last with a key counts, as in a warehouse."""
        return self.found({tuple(record[name] for name in self.keys): record for record in records}.values())


@dataclass(frozen=True)
class Subject:
    """A tap. ``name`` is its executable, ``platform`` its name in the sandbox, ``accounts_setting`` names its accounts.

    ``listing``, ``detail``, ``token`` and ``dated`` are parts of the paths it calls, for plans of faults: the listing
    that ``tables[0]`` is read by (asked for by ``method``), the calls that bring its rows, those that renew tokens, and
    some whose rows bear the time of their last change. ``choices`` are what owners choose on the page of consent, one
    after the other, until all accounts can be read; ``rotates``: a token that has ended can be renewed. ``dead_token``
    is the fault that refuses to renew one. ``calls`` are parts of the paths of what brings the rows of ``tables``, and
    ``troubles`` faults that only this platform knows, and that pass. Rows of ``snapshots`` are of the day on which they
    are read, by the real clock; fields that are ``silent`` change while their row's time of change stands still.
    ``everything`` are settings with which there are all streams that the tap brings ready-made.
    """

    name: str
    platform: str
    settings: Callable[[Sandbox, Path], Config]
    accounts: Callable[[Sandbox], list[str]]
    accounts_setting: str
    tables: tuple[Table, ...]
    listing: str
    detail: str
    token: str
    dated: str
    choices: Callable[[Sandbox], list[str]]
    rotates: bool
    dead_token: Mapping[str, Any]
    calls: tuple[str, ...]
    troubles: tuple[Mapping[str, Any], ...]
    snapshots: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()
    everything: Mapping[str, Any] = field(default_factory=dict)
    method: str = "GET"

    @property
    def schema(self) -> str:
        """Where loaders put its tables, as in the project."""
        return f"raw_{self.platform}"

    def config(self, sandbox: Sandbox, folder: Path, **more: Any) -> Config:
        """Settings to read the sandbox from before its opening to its clock; ``folder`` is for tokens."""
        health = sandbox.health()
        start = datetime.fromisoformat(health["opens"]) - timedelta(days=1)
        # An end date is not included.
        end = datetime.fromisoformat(health["as_of"]) + timedelta(seconds=1)
        span = {"start_date": f"{start:%Y-%m-%d}T00:00:00Z", "end_date": f"{end.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"}
        return {"api_url": sandbox.url, **span, **self.settings(sandbox, folder), **more}

    def secrets(self, sandbox: Sandbox) -> list[str]:
        """Every text that may appear nowhere: keys and tokens of the platform, ids of apps not among them."""
        kinds: dict[str, list[str]] = sandbox.secrets()[self.platform]
        return [secret for kind, secrets in kinds.items() if not kind.endswith("_id") for secret in secrets]

    @staticmethod
    def personal(sandbox: Sandbox) -> list[str]:
        """How planted personal data begin."""
        known = sandbox.secrets()
        return [*known["pii_markers"], known["pii_buyer_id_prefix"]]


def _shopee(sandbox: Sandbox, folder: Path) -> Config:
    return {
        "partner_id": sandbox.partner_id,
        "partner_key": sandbox.partner_key,
        "shop_ids": list(sandbox.shop_ids),
        "refresh_tokens": {str(shop): token for shop, token in sandbox.refresh_tokens.items()},
        "token_store": str(folder / "tokens"),
        "pii_salt": "salt",
        "requests_per_second": 0,
    }


def _facebook(sandbox: Sandbox, folder: Path) -> Config:
    return {
        "account_ids": list(sandbox.ad_account_ids),
        "access_token": sandbox.facebook_token,
        "app_id": sandbox.facebook_app_id,
        "app_secret": sandbox.facebook_app_secret,
        "reports": ["daily_ad", "daily_account"],
    }


def _tiktok_shops(sandbox: Sandbox) -> list[str]:
    return [str(shop) for shop in sandbox.channel_shop_ids["tiktok_shop"]]


def _tiktok_shop(sandbox: Sandbox, folder: Path) -> Config:
    shops = _tiktok_shops(sandbox)
    return {
        "app_key": APP_KEY,
        "app_secret": APP_SECRET,
        "service_id": SERVICE_ID,
        "shop_ids": shops,
        "auth_url": sandbox.url,
        "consent_url": f"{sandbox.url}/open/authorize",
        "refresh_tokens": {shop: Vault.first_refresh_token(int(shop)) for shop in shops},
        "token_store": str(folder / "tokens"),
        "pii_salt": "salt",
        "requests_per_second": 0,
    }


SHOPEE = Subject(
    name="tap-shopee",
    platform="shopee",
    settings=_shopee,
    accounts=lambda sandbox: [str(shop) for shop in sandbox.shop_ids],
    accounts_setting="shop_ids",
    tables=(
        Table(
            "orders",
            "orders",
            {"shop_id": "shop_id", "order_sn": "order_id"},
            {"update_time": "updated_at", "total_amount": "total_amount", "currency": "currency"},
            call="order/get_order_detail",
            platform="shopee",
        ),
        Table(
            "products",
            "products",
            {"shop_id": "shop_id", "item_id": "product_id"},
            {"item_name": "name", "item_status": "status", "update_time": "updated_at"},
            call="product/get_item_base_info",
            platform="shopee",
        ),
        Table(
            "escrow",
            "orders",
            {"shop_id": "shop_id", "order_sn": "order_id"},
            only=lambda order: order["is_settled"] == "true",
            call="payment/get_escrow_detail_batch",
            platform="shopee",
        ),
        Table("shop", "shops", {"shop_id": "shop_id"}, {"shop_name": "name", "region": "region"}, platform="shopee"),
    ),
    listing="order/get_order_list",
    detail="order/get_order_detail",
    token="auth/access_token/get",
    dated="order/get_order_detail",
    choices=lambda sandbox: [str(shop) for shop in sandbox.shop_ids],
    rotates=True,
    dead_token={"kind": "error", "code": "error_shop_refresh_token"},
    calls=("order/get_order_list", "order/get_order_detail", "product/", "payment/", "shop/get_shop_info"),
    troubles=(
        {"kind": "expire_token"},
        {"kind": "rate_limit"},
        {"kind": "rate_limit", "status": 429, "retry_after": 1},
    ),
    snapshots=("shop_performance",),
)

FACEBOOK_ADS = Subject(
    name="tap-facebook-ads",
    platform="facebook_ads",
    settings=_facebook,
    accounts=lambda sandbox: list(sandbox.ad_account_ids),
    accounts_setting="account_ids",
    tables=(
        Table(
            "daily_ad",
            "ads_daily",
            {"account_id": "account_id", "ad_id": "ad_id", "date_start": "date"},
            {"spend": "spend", "impressions": "impressions", "clicks": "clicks"},
            call="/insights",
        ),
        Table(
            "campaigns",
            "campaigns",
            {"account_id": "account_id", "id": "campaign_id"},
            {"name": "name", "status": "status", "objective": "objective"},
            call="/campaigns",
        ),
        Table(
            "ad_accounts",
            "ad_accounts",
            {"account_id": "account_id"},
            {"name": "name", "currency": "currency", "timezone_name": "time_zone"},
        ),
    ),
    listing="/insights",
    detail="/insights",
    token="oauth/access_token",
    dated="/campaigns",
    choices=lambda sandbox: ["1"],
    rotates=False,
    dead_token={"kind": "error", "code": 190, "subcode": 467},
    calls=("/insights", "/campaigns", "/act_"),
    troubles=(
        {"kind": "rate_limit", "regain_minutes": 0},
        {"kind": "job", "outcome": "failed"},
        {"kind": "job", "outcome": "skipped"},
        {"kind": "job", "outcome": "unreadable"},
        {"kind": "job", "outcome": "lingering", "ms": 300},
    ),
    silent=("effective_status", "budget_remaining"),
    everything={"reports": list(REPORTS.reports)},
)

TIKTOK_SHOP = Subject(
    name="tap-tiktok-shop",
    platform="tiktok_shop",
    settings=_tiktok_shop,
    accounts=_tiktok_shops,
    accounts_setting="shop_ids",
    tables=(
        Table(
            "orders",
            "orders",
            {"shop_id": "shop_id", "id": "order_id"},
            {"update_time": "updated_at"},
            call="orders/search",
            platform="tiktok_shop",
        ),
        Table(
            "products",
            "products",
            {"shop_id": "shop_id", "id": "product_id"},
            {"title": "name", "update_time": "updated_at"},
            call="products/search",
            platform="tiktok_shop",
        ),
        Table("shops", "shops", {"shop_id": "shop_id"}, {"name": "name", "region": "region"}, platform="tiktok_shop"),
    ),
    listing="orders/search",
    detail="orders/search",
    token="/token/refresh",
    dated="orders/search",
    choices=_tiktok_shops,
    rotates=True,
    dead_token={"kind": "error", "code": 36004004},
    calls=("orders/search", "products/search", "authorization/"),
    troubles=({"kind": "expire_token"}, {"kind": "rate_limit"}, {"kind": "rate_limit", "retry_after": 1}),
    everything={"shop_performance": True},
    method="POST",
)

SUBJECTS = (SHOPEE, FACEBOOK_ADS, TIKTOK_SHOP)
#: The channels beside Shopee that a sandbox must have for all of them.
CHANNELS = "tiktok_shop"
NAMES = [subject.name for subject in SUBJECTS]


def _by_key(rows: Iterable[Row], keys: Iterable[str], values: Iterable[str]) -> dict[Key, Key]:
    keys, values = list(keys), list(values)
    found: dict[Key, Key] = {}
    for row in rows:
        key = tuple(_text(row[name]) for name in keys)
        assert key not in found, f"{key} twice"
        found[key] = tuple(_text(row.get(name)) for name in values)
    return found


def _text(value: Any) -> str:
    """A value in the one writing that the truth, JSON and a warehouse share."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%dT%H:%M:%SZ}"
    if isinstance(value, date):
        return value.isoformat()
    try:
        return format(Decimal(str(value)).normalize(), "f")
    except InvalidOperation:
        return str(value)
