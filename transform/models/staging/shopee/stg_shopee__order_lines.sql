-- One row for each element of an order's item_list, before prices are settled.
with lines as (
    select
        orders.shop_id,
        orders.order_sn,
        element_index + 1 as line_number,
        {{ json_text('element', 'item_id') }} as item_id,
        coalesce({{ json_text('element', 'model_id') }}, '0') as model_id,
        nullif({{ json_integer('element', 'line_item_id') }}, 0) as line_item_id,
        {{ json_text('element', 'item_name') }} as item_name,
        {{ json_text('element', 'item_sku') }} as item_sku,
        {{ json_text('element', 'model_name') }} as model_name,
        {{ json_text('element', 'model_sku') }} as model_sku,
        {{ json_text('element', 'promotion_type') }} as promotion_type,
        coalesce({{ json_integer('element', 'model_quantity_purchased') }}, 0) as quantity,
        coalesce({{ json_decimal('element', 'model_discounted_price') }}, 0) as unit_price
    from {{ ref('base_shopee__orders') }} as orders
    {{ cross_join_json('orders.item_list') }}
)

select
    *,
    -- The same SKU can stand in an order twice: bought alone, and within a bundle.
    row_number() over (
        partition by shop_id, order_sn, item_id, model_id, line_item_id order by line_number
    ) as occurrence_of_line_item,
    row_number() over (
        partition by shop_id, order_sn, item_id, model_id order by line_number
    ) as occurrence_of_sku
from lines
