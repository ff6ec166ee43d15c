"""What ads did, in the words of the two kinds of reports: money as JSON numbers in major units, shares in percent.

`direct` is what was ordered of the advertised item, `broad` of any item of the shop. How many units an order has is
invented: two where the buyer took a day or more, else one.
"""

from __future__ import annotations

from talat_sandbox.business.ad_figures import LATER, Figures

Metrics = dict[str, float]
_OTHER = 3  # from here on in `Figures.orders`: of another product than the advertised one


def money(satang: int) -> float:
    """Return satang as major units; two digits survive as a JSON number."""
    return satang / 100


def ratio(part: float, whole: float) -> float:
    """Return a quotient of two digits; 0 where there is nothing to divide by."""
    return round(part / whole, 2) if whole else 0.0


class Sales:
    """What was sold by ads: orders, units and satang."""

    def __init__(self, figures: Figures, direct: bool) -> None:
        end = _OTHER if direct else 2 * _OTHER
        self.orders, self.gmv = sum(figures.orders[:end]), sum(figures.values[:end])
        self.units = self.orders + sum(figures.orders[LATER:end:_OTHER])


def shop_metrics(figures: Figures) -> Metrics:
    """Return the figures as reports of a whole shop name them: conversions are rates, orders are counted."""
    direct, broad = Sales(figures, True), Sales(figures, False)
    return {
        "impression": figures.impressions,
        "clicks": figures.clicks,
        "ctr": ratio(100 * figures.clicks, figures.impressions),
        "direct_order": direct.orders,
        "broad_order": broad.orders,
        "direct_conversions": ratio(100 * direct.orders, figures.clicks),
        "broad_conversions": ratio(100 * broad.orders, figures.clicks),
        "direct_item_sold": direct.units,
        "broad_item_sold": broad.units,
        "direct_gmv": money(direct.gmv),
        "broad_gmv": money(broad.gmv),
        "expense": money(figures.spend),
        "cost_per_conversion": ratio(money(figures.spend), broad.orders),
        "direct_roas": ratio(direct.gmv, figures.spend),
        "broad_roas": ratio(broad.gmv, figures.spend),
    }


def gms_metrics(figures: Figures) -> Metrics:
    """Return the figures as reports of GMV Max name them: `cpc` is the cost of a conversion, `_amount` are units."""
    direct, broad = Sales(figures, True), Sales(figures, False)
    return {
        "impression": figures.impressions,
        "clicks": figures.clicks,
        "expense": money(figures.spend),
        "broad_gmv": money(broad.gmv),
        "broad_order": broad.orders,
        "broad_order_amount": broad.units,
        "broad_roi": ratio(broad.gmv, figures.spend),
        "broad_cir": ratio(100 * figures.spend, broad.gmv),
        "cr": ratio(100 * broad.orders, figures.clicks),
        "cpc": ratio(money(figures.spend), broad.orders),
        "cpdc": ratio(money(figures.spend), direct.orders),
        "direct_order": direct.orders,
        "direct_order_amount": direct.units,
        "direct_cr": ratio(100 * direct.orders, figures.clicks),
        "direct_roi": ratio(direct.gmv, figures.spend),
        "direct_cir": ratio(100 * figures.spend, direct.gmv),
    }


def campaign_metrics(figures: Figures) -> Metrics:
    """Return the figures as reports of product campaigns name them, who tell the money of direct orders, too."""
    return {
        **gms_metrics(figures),
        "ctr": ratio(100 * figures.clicks, figures.impressions),
        "direct_gmv": money(Sales(figures, True).gmv),
    }
