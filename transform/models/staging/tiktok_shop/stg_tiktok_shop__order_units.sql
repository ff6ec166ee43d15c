-- A table, so that JSON is read once.
{{ config(materialized='table') }}

with units as (
    select
        orders.shop_id,
        orders.order_id,
        orders.order_status,
        element_index + 1 as unit_number,
        {{ json_text('element', 'id') }} as unit_id,
        {{ json_text('element', 'product_id') }} as product_id,
        {{ json_text('element', 'sku_id') }} as sku_id,
        {{ json_text('element', 'seller_sku') }} as seller_sku,
        {{ json_text('element', 'product_name') }} as product_name,
        {{ json_text('element', 'sku_name') }} as sku_name,
        {{ json_text('element', 'display_status') }} as display_status,
        {{ json_decimal('element', 'original_price') }} as original_price,
        {{ json_decimal('element', 'seller_discount') }} as seller_discount
    from {{ ref('base_tiktok_shop__orders') }} as orders
    {{ cross_join_json('orders.line_items') }}
)

select
    shop_id,
    order_id,
    unit_number,
    unit_id,
    product_id,
    coalesce(sku_id, '0') as variant_id,
    nullif(seller_sku, '') as sku,
    product_name,
    nullif(sku_name, '') as variant_name,
    original_price - coalesce(seller_discount, 0) as unit_price,
    coalesce(display_status, '') <> 'CANCELLED' or coalesce(order_status, '') = 'CANCELLED' as is_counted
from units
