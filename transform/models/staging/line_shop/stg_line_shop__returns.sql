-- A cancelled order is no sale; what is given back of it is no refund of one.
select
    shop_id,
    order_number as return_id,
    order_number as order_id,
    concat(order_status, '/', payment_status) as platform_status,
    cast(null as string) as reason,
    'THB' as currency,
    updated_at as created_at,
    updated_at,
    coalesce(subtotal_price, 0) as requested_amount,
    true as is_refunded
from {{ ref('base_line_shop__orders') }}
where payment_status = 'REFUND' and order_status not in ('CANCELED', 'EXPIRED')
