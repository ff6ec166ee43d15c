-- One row for each element of a settlement's items: what each line of the order came to.
with lines as (
    select
        escrow.shop_id,
        escrow.order_sn,
        element_index + 1 as line_number,
        {{ json_text('element', 'item_id') }} as item_id,
        coalesce({{ json_text('element', 'model_id') }}, '0') as model_id,
        nullif({{ json_integer('element', 'line_item_id') }}, 0) as line_item_id,
        {{ json_decimal('element', 'discounted_price') }} as settled_value
    from {{ ref('base_shopee__escrow') }} as escrow
    {{ cross_join_json('escrow.items') }}
)

select
    *,
    row_number() over (
        partition by shop_id, order_sn, item_id, model_id, line_item_id order by line_number
    ) as occurrence_of_line_item,
    row_number() over (
        partition by shop_id, order_sn, item_id, model_id order by line_number
    ) as occurrence_of_sku
from lines
