with lines as (
    select
        orders.shop_id,
        orders.order_number,
        element_index + 1 as line_number,
        {{ json_text('element', 'productId') }} as product_id,
        {{ json_text('element', 'variantId') }} as variant_id,
        {{ json_text('element', 'sku') }} as sku,
        {{ json_text('element', 'name') }} as product_name,
        {{ json_text('element', 'variants[0].value') }} as variant_name,
        coalesce({{ json_integer('element', 'quantity') }}, 0) as quantity,
        coalesce({{ json_decimal('element', 'discountedPrice') }}, {{ json_decimal('element', 'price') }}) as unit_price
    from {{ ref('base_line_shop__orders') }} as orders
    {{ cross_join_json('orders.order_items') }}
)

select
    shop_id,
    order_number as order_id,
    line_number,
    product_id,
    coalesce(variant_id, '0') as variant_id,
    nullif(sku, '') as sku,
    product_name,
    nullif(variant_name, '') as variant_name,
    cast(null as string) as promotion_type,
    quantity,
    unit_price,
    coalesce(unit_price * quantity, 0) as list_value,
    unit_price * quantity as line_value
from lines
