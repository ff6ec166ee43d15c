select
    returns.shop_id,
    returns.return_sn as return_id,
    returns.order_sn as order_id,
    element_index + 1 as line_number,
    {{ json_text('element', 'item_id') }} as product_id,
    coalesce({{ json_text('element', 'model_id') }}, '0') as variant_id,
    coalesce({{ json_integer('element', 'amount') }}, 0) as quantity,
    coalesce({{ json_decimal('element', 'item_price') }}, 0)
    * coalesce({{ json_integer('element', 'amount') }}, 0) as list_value
from {{ ref('base_shopee__returns') }} as returns
{{ cross_join_json('returns.item') }}
