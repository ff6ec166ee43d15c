"""The ads module's own app and error codes; signature, envelope and tokens are Shopee's."""

from __future__ import annotations

from talat_sandbox.platforms.shopee.protocol import AppKey

PREFIX = "/api/v2/ads/"
# Invented. An app that reads orders ("ERP System") has no ads, so a seller lets a second one in for them.
ADS_APP = AppKey(2001999, "shpk61647353616e64626f784b6579466f72446f637330303032")

ERRORS = {
    "ads.rate_limit.exceed_shop_api": "Too many requests for the shop at the moment, please try again later.",
    "ads.rate_limit.exceed_partner_api": "Too many requests, please reduce the request rate and try again later.",
    "ads.performance.error_same_start_end_dates": "Start date can't be equal to end date.",
    "ads.performance.error_date_range_too_long": "Date range can't be longer than 1 month.",
    "ads.performance.error_date_too_old": "The date can't be earlier than 6 months ago.",
    "ads.performance.error_date_in_future": "The date must be today or earlier.",
    "ads.performance.error_start_later_than_end": "The start date can't be later than the end date.",
    "ads.shop.campaign_not_match": "The campaign does not belong to the shop.",
    "ads.api.http_method_not_allowed": "The HTTP method is not allowed.",
    "ads_error_product_gms_campaign_not_found": "Product GMS Campaign cannot be found.",
    "error_query_limit_max": "Limit is above the maximum allowed for this query API.",
}
