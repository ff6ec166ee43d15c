with settlements as (
    {{ union_platforms('settlements', ['shop_id', 'order_id', 'settled_at', 'payout', 'goods_paid']) }}
),

fees as (
    {{ union_platforms('order_fees', ['shop_id', 'order_id', 'fee_amount']) }}
),

totals as (
    select
        platform,
        shop_id,
        order_id,
        sum(fee_amount) as fees
    from fees
    group by platform, shop_id, order_id
)

select
    settlements.platform,
    settlements.shop_id,
    settlements.order_id,
    settlements.settled_at,
    settlements.payout,
    settlements.goods_paid,
    coalesce(totals.fees, 0) as fees
from settlements
left join totals
    on
        settlements.platform = totals.platform
        and settlements.shop_id = totals.shop_id
        and settlements.order_id = totals.order_id
