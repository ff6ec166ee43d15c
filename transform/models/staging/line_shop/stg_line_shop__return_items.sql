select
    returns.shop_id,
    returns.return_id,
    returns.order_id,
    items.line_number,
    items.product_id,
    items.variant_id,
    items.quantity,
    items.list_value
from {{ ref('stg_line_shop__returns') }} as returns
inner join {{ ref('stg_line_shop__order_items') }} as items
    on returns.shop_id = items.shop_id and returns.order_id = items.order_id
