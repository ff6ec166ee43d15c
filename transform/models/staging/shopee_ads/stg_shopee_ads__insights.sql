-- Orders of any item of the shop (broad) are conversions; they include those of the advertised item (direct).
select
    'account' as level,
    'shop_daily' as stream,
    account_id,
    account_id as object_id,
    date,
    coalesce(spend, 0) as spend,
    coalesce(impressions, 0) as impressions,
    coalesce(clicks, 0) as clicks,
    coalesce(cast(broad_orders as {{ decimal_type() }}), 0) as conversions,
    coalesce(broad_gmv, 0) as conversion_value
from {{ ref('base_shopee_ads__shop_daily') }}
