-- An order's refund is one sum: by its own column, or the whole of an order that is called refunded.
with refunds as (
    select
        base.shop_id,
        base.order_id,
        orders.platform_status,
        base.currency,
        base.created_at,
        orders.updated_at,
        coalesce(
            nullif(abs(base.refund_amount), 0),
            case when orders.platform_status = 'refunded' then base.total end
        ) as requested_amount
    from {{ ref('base_web_shop__orders') }} as base
    inner join {{ ref('stg_web_shop__orders') }} as orders
        on base.shop_id = orders.shop_id and base.order_id = orders.order_id
)

select
    shop_id,
    order_id as return_id,
    order_id,
    platform_status,
    cast(null as string) as reason,
    currency,
    created_at,
    updated_at,
    requested_amount,
    true as is_refunded
from refunds
where requested_amount > 0
