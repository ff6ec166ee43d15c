"""GMV Max: its report by campaign, by product and by creative, shop by shop, with the names that come apart from it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from tap_tiktok_ads.reports import DAY, MOST_IDS, OF_ADVERTISER, pages, span
from tap_toolkit.answers import Rows, text_in
from tap_toolkit.beside import beside
from tap_toolkit.report_source import Piece, ReportSource
from tap_toolkit.reports import Report
from tap_toolkit.sources import Listing, Scope

#: TikTok has no figures of earlier days.
FIRST = date(2024, 9, 27)
STORES = Listing("gmv_max/store/list/", "store_list", "store_id")
CAMPAIGN, PRODUCT, CREATIVE = "campaign_id", "item_group_id", "item_id"
#: What tells rows apart within a shop and day, by the shape of a report.
LEVELS = {
    "gmv_max_campaign": (CAMPAIGN,),
    "gmv_max_product": (CAMPAIGN, PRODUCT),
    "gmv_max_creative": (CAMPAIGN, PRODUCT, CREATIVE),
}
#: The filters that name a level's objects.
FILTERS = {CAMPAIGN: "campaign_ids", PRODUCT: "item_group_ids"}
#: Told only of the products of one campaign, or the creatives of one product, and without days.
NAMES = ("product_name", "product_image_url", "title", "shop_content_type")
KINDS = ("PRODUCT", "LIVE")
_KIND = "gmv_max_promotion_types"
# Answers that may wait for those before them: figures, of which each may have 20,000 rows, and names.
_FEW, _MANY = 4, 16


class GmvMax(ReportSource):
    """The rows of one report of GMV Max; its days are the advertiser's, whatever the shop's are."""

    def __init__(self, report: Report, *, patience: float) -> None:
        super().__init__(report, patience=patience)
        self.identity = report.keys

    def fetch(self, scope: Scope, piece: Piece, job: str) -> Iterator[Rows]:
        """All rows, deleted campaigns' too."""
        if piece.until < FIRST:
            return
        piece = replace(piece, since=max(piece.since, FIRST))
        stores = [text_in(row, "store_id", STORES.path) for page in STORES.pages(scope) for row in page]
        yield from Answers(scope, piece).rows(stores, LEVELS[self.report.shape])


@dataclass(frozen=True, slots=True)
class Part:
    """What one question is about: a shop, and what in it the filters name."""

    store_id: str
    filters: Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Answers:
    """What a piece is put together from. Questions that do not hang on one another's answers are asked side by side."""

    scope: Scope
    piece: Piece

    def rows(self, stores: Iterable[str], level: Sequence[str]) -> Iterator[Rows]:
        """The rows of a level, shop by shop."""
        kinds = KINDS if level == (CAMPAIGN,) else KINDS[:1]
        parts: Iterable[Part] = [Part(store, {_KIND: [kind]}) for store in stores for kind in kinds]
        for depth in range(1, len(level)):
            parts = self._below(parts, level[:depth])
        figures = [name for name in self.piece.fields if name not in (*OF_ADVERTISER, *NAMES)] or ["cost"]
        for part, rows in self._asked(parts, [*level, DAY], figures):
            known = {"store_id": part.store_id}
            if level == (CAMPAIGN,):
                (known["promotion_type"],) = part.filters[_KIND]
            else:
                self._name(rows, part.store_id, level)
            yield [{**row, **known} for row in rows]

    def _below(self, parts: Iterable[Part], level: Sequence[str]) -> Iterator[Part]:
        """The objects of a level, as many at a time as a filter takes."""
        *above, own = level
        for part, rows in self._asked(parts, level, ["cost"]):
            filters = {FILTERS[name]: part.filters[FILTERS[name]] for name in above}
            ids = sorted({str(row.get(own)) for row in rows})
            for start in range(0, len(ids), MOST_IDS):
                yield Part(part.store_id, {**filters, FILTERS[own]: ids[start : start + MOST_IDS]})

    def _name(self, rows: Rows, store_id: str, level: Sequence[str]) -> None:
        """Tell rows the names of what they are of."""
        names = [name for name in NAMES if name in self.piece.fields]
        *above, own = level
        groups = sorted({tuple(str(row.get(name)) for name in above) for row in rows}) if names else []
        parts = [Part(store_id, {FILTERS[n]: [it] for n, it in zip(above, group, strict=True)}) for group in groups]
        asked = self._asked(parts, [own], names, ahead=_MANY)
        known = {
            (*group, str(row.get(own))): row for group, (_, found) in zip(groups, asked, strict=True) for row in found
        }
        for row in rows:
            told = known.get(tuple(str(row.get(name)) for name in level), {})
            row.update({name: told.get(name) for name in names})

    def _asked(
        self, parts: Iterable[Part], dimensions: Sequence[str], metrics: Sequence[str], ahead: int = _FEW
    ) -> Iterator[tuple[Part, Rows]]:
        def ask(scope: Scope, part: Part) -> Rows:
            params = [
                ("store_ids", json.dumps([part.store_id])),
                ("dimensions", json.dumps(dimensions)),
                ("metrics", json.dumps(metrics)),
                ("filtering", json.dumps({**part.filters, "campaign_statuses": ["STATUS_ALL"]})),
                *span(self.piece),
            ]
            return [row for page in pages(scope, "gmv_max/report/get/", params, self.piece) for row in page]

        return beside(self.scope, ask, parts, ahead=ahead)
