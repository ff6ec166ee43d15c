-- Nothing is lost or doubled between orders and days: each shop's totals agree, to the satang.
with both_sides as (
    select
        platform,
        shop_id,
        placed_orders,
        orders,
        revenue,
        revenue_thb,
        refunds,
        fees,
        payout,
        net_revenue
    from {{ ref('mart_daily_performance') }}
    union all
    select
        platform,
        shop_id,
        -1 as placed_orders,
        case when is_sale then -1 else 0 end as orders,
        -revenue as revenue,
        -revenue_thb as revenue_thb,
        -refunds as refunds,
        -fees as fees,
        -payout as payout,
        -net_revenue as net_revenue
    from {{ ref('stg_orders') }}
    where order_date is not null
)

select
    platform,
    shop_id,
    sum(revenue) as revenue,
    sum(revenue_thb) as revenue_thb,
    sum(refunds) as refunds,
    sum(fees) as fees,
    sum(payout) as payout
from both_sides
group by platform, shop_id
having
    sum(placed_orders) <> 0
    or sum(orders) <> 0
    or sum(revenue) <> 0
    or (count(revenue_thb) = count(*) and sum(revenue_thb) <> 0)
    or sum(refunds) <> 0
    or sum(fees) <> 0
    or sum(payout) <> 0
    or sum(net_revenue) <> 0
