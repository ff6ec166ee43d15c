select
    date as period,
    platform,
    shop_id
from {{ ref('mart_daily_performance') }}
where
    net_revenue <> revenue - refunds - fees
    or net_revenue_thb <> revenue_thb - refunds_thb - fees_thb
union all
select
    month as period,
    platform,
    shop_id
from {{ ref('mart_shop_performance') }}
where
    net_revenue <> revenue - refunds - fees
    or net_revenue_thb <> revenue_thb - refunds_thb - fees_thb
