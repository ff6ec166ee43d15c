-- Lines of returns. A refund is shared out over its lines by their value, so that the shares sum to it exactly: each
-- line gets the rounded running total less the one before it.
with items as (
    {{ union_platforms('return_items', [
        'shop_id', 'return_id', 'order_id', 'line_number', 'product_id', 'variant_id', 'quantity', 'list_value',
    ]) }}
),

totals as (
    select
        *,
        sum(list_value) over lines as value_until,
        sum(list_value) over (partition by platform, shop_id, return_id) as value_total,
        sum(quantity) over lines as quantity_until,
        sum(quantity) over (partition by platform, shop_id, return_id) as quantity_total
    from items
    window lines as (
        partition by platform, shop_id, return_id order by line_number
        rows between unbounded preceding and current row
    )
),

shares as (
    select
        totals.platform,
        totals.shop_id,
        totals.return_id,
        totals.order_id,
        totals.line_number,
        totals.product_id,
        totals.variant_id,
        totals.quantity,
        returns.is_refunded,
        case
            when totals.value_total <> 0
                then {{ divide('(returns.refund_amount * totals.value_until)', 'totals.value_total', 2) }}
            else {{ divide('(returns.refund_amount * totals.quantity_until)', 'totals.quantity_total', 2) }}
        end as refund_until
    from totals
    inner join {{ ref('stg_returns') }} as returns
        on
            totals.platform = returns.platform
            and totals.shop_id = returns.shop_id
            and totals.return_id = returns.return_id
)

select
    platform,
    shop_id,
    return_id,
    order_id,
    line_number,
    product_id,
    variant_id,
    quantity,
    is_refunded,
    case when is_refunded then quantity else 0 end as refunded_units,
    refund_until - coalesce(
        lag(refund_until) over (partition by platform, shop_id, return_id order by line_number), 0
    ) as refund_amount
from shares
