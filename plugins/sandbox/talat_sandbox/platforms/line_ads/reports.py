"""Performance reports: asked for by POST, made in a while of real time, then a CSV file.

Column names are those of the locale `en`; numbers above 999 have commas. A report shows the business at the instant
when it was first seen READY.
"""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from talat_sandbox.business.ad_figures import Figures, add
from talat_sandbox.business.ad_platforms import DELETED
from talat_sandbox.business.ads import Ad
from talat_sandbox.business.advertising import Advertising
from talat_sandbox.business.model import Business
from talat_sandbox.business.shops import Shop, local_date
from talat_sandbox.options import Options
from talat_sandbox.platforms.line_ads.protocol import ApiError

LEVELS = ("ADACCOUNT", "CAMPAIGN", "ADGROUP", "AD")
_OLDEST = timedelta(days=5 * 365)
_ABOVE: Mapping[str, tuple[str, ...]] = {
    "ADACCOUNT": (),
    "CAMPAIGN": ("Campaign name", "Campaign objective", "Campaign ID"),
    "ADGROUP": ("Ad group name", "Ad group ID"),
    "AD": ("Ad name", "Ad ID", "Title", "Description"),
}
_FIGURES: dict[str, Callable[[Figures], str]] = {
    "Reach (estimated)": lambda it: f"{it.reach:,}",
    "Frequency": lambda it: _per(it.impressions, it.reach),
    "Impressions": lambda it: f"{it.impressions:,}",
    "Clicks": lambda it: f"{it.clicks:,}",
    "CPM": lambda it: _per(it.spend * 10, it.impressions),
    "CTR": lambda it: _per(it.clicks * 100, it.impressions) + "%",
    "CPC": lambda it: _per(it.spend, it.clicks * 100),
    "Cost": lambda it: f"{it.spend // 100:,}.{it.spend % 100:02d}",
    "CV": lambda it: f"{it.conversions:,}",
    "CVR": lambda it: _per(it.conversions * 100, it.clicks) + "%",
    "CPA": lambda it: _per(it.spend, it.conversions * 100),
    "CV value (purchased)": lambda it: f"{it.value // 100:,}.{it.value % 100:02d}",
    "ROAS": lambda it: _per(it.value * 100, it.spend) + "%",
    "CV (Member sign-up)": lambda it: f"{it.conversions // 7:,}",
}


@dataclass
class Job:
    """One report of an account; `outcome` is what a planned fault says about it."""

    number: int
    shop: Shop
    level: str
    since: date
    until: date
    removed: bool
    ready_at: float
    outcome: str
    as_of: int = 0

    def status(self, now: int) -> str:
        """Return how far it is; `now` is the business instant."""
        if self.outcome == "stalled" or time.monotonic() < self.ready_at:
            return "PREPARING"
        if self.outcome == "failed":
            return "ERROR"
        self.as_of = self.as_of or now
        return "READY"

    def show(self, now: int) -> dict[str, object]:
        """Return the report as LINE shows it."""
        asked = {"level": self.level, "since": self.since.isoformat(), "until": self.until.isoformat()}
        return {"id": self.number, "name": f"report {self.number}", "status": self.status(now), "queryParams": asked}


class Reports:
    """All reports that were asked for; `outcome` is that of the next one."""

    def __init__(self, business: Business, advertising: Advertising, options: Options) -> None:
        self._business, self._advertising, self._options = business, advertising, options
        self._jobs: dict[int, Job] = {}
        self.outcome = ""

    def start(self, shop: Shop, account: str, asked: Mapping[str, Any], now: int) -> Job:
        """Take a report on. Raises ApiError for what LINE refuses."""
        if asked.get("level") not in LEVELS:
            raise ApiError(400, about="level")
        today = local_date(shop.region.time_zone, now)
        since, until = (_day(asked, name) for name in ("since", "until"))
        if since > until or since < today - _OLDEST or until > today:
            raise ApiError(400, about="since")
        if asked.get("filtering") != {"idType": "ADACCOUNT", "ids": [account]}:
            raise ApiError(400, about="filtering")
        if asked.get("breakdown", {}) != {"time": "DAY"}:
            raise ApiError(400, about="breakdown")
        if asked.get("fileFormat") != "CSV" or asked.get("locale") != "en":
            raise ApiError(400, about="fileFormat" if asked.get("fileFormat") != "CSV" else "locale")
        number, outcome, self.outcome = len(self._jobs) + 900_001, self.outcome, ""
        ready = time.monotonic() + self._options.job_ms / 1000
        removed = bool(asked.get("includeRemove"))
        self._jobs[number] = Job(number, shop, str(asked["level"]), since, until, removed, ready, outcome)
        return self._jobs[number]

    def of(self, shop: Shop) -> list[Job]:
        """Return an account's reports, the newest first."""
        return [job for job in reversed(self._jobs.values()) if job.shop is shop]

    def find(self, shop: Shop, number: str) -> Job:
        """Return one report of an account. Raises ApiError (404)."""
        job = self._jobs.get(int(number)) if number.isdecimal() else None
        if job is None or job.shop is not shop:
            raise ApiError(404)
        return job

    def delete(self, job: Job) -> None:
        """Forget a report."""
        del self._jobs[job.number]

    def file(self, job: Job) -> bytes:
        """Return the file of a report that is ready: a row for each day and object with delivery or conversions."""
        shop, portfolio = job.shop, self._advertising.portfolio(job.shop)
        above = [name for level in LEVELS[: LEVELS.index(job.level) + 1] for name in _ABOVE[level]]
        out = io.StringIO()
        lines = csv.writer(out, lineterminator="\r\n")
        lines.writerow(["Day", "Ad account name", "Ad account ID", *above, "Currency", *_FIGURES])
        opens = local_date(shop.region.time_zone, self._business.day_start(shop, 0))
        first, last = max(0, (job.since - opens).days), (job.until - opens).days
        for day in range(first, last + 1):
            groups: dict[tuple[str, ...], list[Figures]] = {}
            for place, figures in self._advertising.days(shop).day(day, job.as_of):
                ad = portfolio.ads[place]
                if job.removed or ad.effective_status(job.as_of) != DELETED:
                    told = self._about(ad, job.as_of)
                    groups.setdefault(tuple(told[name] for name in above), []).append(figures)
            for about, parts in groups.items():
                it = add(parts)
                account = (portfolio.account.name, portfolio.account.text)
                dated = (opens + timedelta(day)).isoformat()
                lines.writerow([dated, *account, *about, shop.region.currency, *(f(it) for f in _FIGURES.values())])
        return out.getvalue().encode()

    def _about(self, ad: Ad, as_of: int) -> dict[str, str]:
        campaign, ad_set, creative = ad.campaign, ad.ad_set, ad.creative
        names = [(it.version(as_of) or it.versions[0]).name for it in (campaign, ad_set, ad)]
        return {
            "Campaign name": names[0], "Campaign objective": campaign.objective,
            "Campaign ID": str(campaign.object_id), "Ad group name": names[1], "Ad group ID": str(ad_set.object_id),
            "Ad name": names[2], "Ad ID": str(ad.object_id), "Title": creative.title, "Description": creative.body,
        }  # fmt: skip


def _day(asked: Mapping[str, Any], name: str) -> date:
    try:
        return date.fromisoformat(str(asked.get(name)))
    except ValueError:
        raise ApiError(400, about=name) from None


def _per(part: int, whole: int) -> str:
    return f"{part / whole:,.2f}" if whole else "-"
