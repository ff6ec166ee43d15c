with orders as (
    select
        *,
        -- wc-on-hold, On hold and on-hold are one.
        replace(replace(lower(status), ' ', '-'), 'wc-', '') as platform_status,
        lower(payment_method) in ('cod', 'cash on delivery', 'เก็บเงินปลายทาง') as is_cod
    from {{ ref('base_web_shop__orders') }}
)

select
    shop_id,
    order_id,
    cast(null as string) as region,
    currency,
    platform_status,
    coalesce(is_cod, false) as is_cod,
    created_at as ordered_at,
    coalesce(updated_at, file_changed_at) as updated_at,
    -- An export without the time of payment still says by its status that there was one.
    coalesce(
        paid_at,
        case
            when
                platform_status in ('processing', 'completed', 'refunded') and not coalesce(is_cod, false)
                then created_at
        end
    ) as paid_at,
    total as total_amount,
    payment_method,
    shipping_method as shipping_carrier,
    nullif(user_id, '0') as buyer_key,
    cast(null as string) as cancelled_by,
    cast(null as string) as cancel_reason
from orders
