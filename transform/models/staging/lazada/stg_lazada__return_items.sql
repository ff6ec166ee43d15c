select
    shop_id,
    reverse_order_line_id as return_id,
    order_id,
    1 as line_number,
    product_id,
    variant_id,
    1 as quantity,
    coalesce(refund_amount, 0) as list_value
from {{ ref('base_lazada__reverse_orders') }}
where coalesce(request_type, '') <> 'CANCEL'
