select
    shop_id,
    order_number as order_id,
    'TH' as region,
    'THB' as currency,
    concat(coalesce(order_status, ''), '/', coalesce(payment_status, '')) as platform_status,
    coalesce(payment_method = 'COD', false) as is_cod,
    checked_out_at as ordered_at,
    updated_at,
    paid_at,
    total_price as total_amount,
    payment_method,
    shipment_company as shipping_carrier,
    cast(null as string) as buyer_key,
    cast(null as string) as cancelled_by,
    cast(null as string) as cancel_reason
from {{ ref('base_line_shop__orders') }}
