{{ config(cluster_by=['platform', 'shop_id', 'order_id']) }}

with fees as (
    {{ union_platforms('order_fees', ['shop_id', 'order_id', 'fee_type', 'fee_amount']) }}
),

totals as (
    select
        *,
        sum(fee_amount) over (partition by platform, shop_id, order_id) as order_fees,
        sum(fee_amount) over (
            partition by platform, shop_id, order_id order by fee_type
            rows between unbounded preceding and current row
        ) as fees_until
    from fees
)

select
    totals.platform,
    totals.shop_id,
    totals.order_id,
    totals.fee_type,
    totals.fee_amount,
    -- Rounded running totals, one less the other, sum to the rounded whole.
    {{ to_thb('totals.fees_until', 'orders.exchange_rate') }}
    - {{ to_thb('(totals.fees_until - totals.fee_amount)', 'orders.exchange_rate') }} as fee_amount_thb,
    totals.order_fees,
    orders.order_date,
    coalesce(orders.is_settled, false) as is_settled
from totals
left join {{ ref('stg_orders') }} as orders
    on
        totals.platform = orders.platform
        and totals.shop_id = orders.shop_id
        and totals.order_id = orders.order_id
