select
    shop_id,
    order_id,
    cast(null as string) as region,
    currency,
    order_status as platform_status,
    is_cod and not is_free as is_cod,
    created_at as ordered_at,
    updated_at,
    case when not is_free then paid_at end as paid_at,
    total_amount - coalesce(insurance_fee, 0) as total_amount,
    payment_method,
    shipping_provider as shipping_carrier,
    user_id as buyer_key,
    cancellation_initiator as cancelled_by,
    cancel_reason
from {{ ref('base_tiktok_shop__orders') }}
