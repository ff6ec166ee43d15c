select
    shop_id,
    order_sn as order_id,
    region,
    currency,
    order_status as platform_status,
    is_cod,
    created_at as ordered_at,
    updated_at,
    paid_at,
    total_amount,
    payment_method,
    shipping_carrier,
    buyer_user_id as buyer_key,
    cancel_by as cancelled_by,
    cancel_reason
from {{ ref('base_shopee__orders') }}
