-- A cancelled unit is no sale; what is given back of it is no refund of one.
select
    reverses.shop_id,
    reverses.reverse_order_line_id as return_id,
    reverses.order_id,
    reverses.reverse_status as platform_status,
    reverses.reason,
    orders.currency,
    reverses.created_at,
    reverses.updated_at,
    coalesce(reverses.refund_amount, 0) as requested_amount,
    coalesce(reverses.reverse_status = 'REFUND_SUCCESS', false) as is_refunded
from {{ ref('base_lazada__reverse_orders') }} as reverses
left join {{ ref('stg_lazada__orders') }} as orders
    on reverses.shop_id = orders.shop_id and reverses.order_id = orders.order_id
where coalesce(reverses.request_type, '') <> 'CANCEL'
