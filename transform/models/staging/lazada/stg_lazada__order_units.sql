-- A table, so that JSON is read once.
{{ config(materialized='table') }}

with units as (
    select
        orders.shop_id,
        orders.order_id,
        element_index + 1 as unit_number,
        {{ json_text('element', 'order_item_id') }} as unit_id,
        {{ json_text('element', 'status') }} as unit_status,
        {{ json_text('element', 'product_id') }} as product_id,
        {{ json_text('element', 'sku_id') }} as sku_id,
        {{ json_text('element', 'sku') }} as seller_sku,
        {{ json_text('element', 'name') }} as product_name,
        {{ json_text('element', 'variation') }} as variation,
        {{ json_text('element', 'currency') }} as currency,
        {{ json_decimal('element', 'item_price') }} as item_price,
        {{ json_decimal('element', 'paid_price') }} as paid_price,
        {{ json_decimal('element', 'shipping_amount') }} as shipping_amount,
        cast(nullif({{ json_text('element', 'payment_time') }}, '') as bigint) as payment_milliseconds,
        {{ json_text('element', 'shipment_provider') }} as shipment_provider,
        {{ json_text('element', 'buyer_id') }} as buyer_id,
        {{ json_text('element', 'cancel_return_initiator') }} as cancelled_by,
        {{ json_text('element', 'reason') }} as cancel_reason
    from {{ ref('base_lazada__orders') }} as orders
    {{ cross_join_json('orders.item_list') }}
),

known as (
    select
        units.*,
        mapping.status,
        coalesce(mapping.status, 'pending') = 'cancelled' as is_cancelled
    from units
    left join {{ ref('order_status_mapping') }} as mapping
        on mapping.platform = 'lazada' and units.unit_status = mapping.platform_status
)

select
    shop_id,
    order_id,
    unit_number,
    unit_id,
    unit_status,
    status,
    product_id,
    coalesce(sku_id, '0') as variant_id,
    nullif(seller_sku, '') as sku,
    product_name,
    nullif(variation, '') as variant_name,
    currency,
    item_price as unit_price,
    coalesce(paid_price, 0) + coalesce(shipping_amount, 0) as buyer_pays,
    {{ from_milliseconds('payment_milliseconds') }} as paid_at,
    nullif(shipment_provider, '') as shipment_provider,
    buyer_id,
    nullif(cancelled_by, '') as cancelled_by,
    nullif(cancel_reason, '') as cancel_reason,
    is_cancelled,
    not is_cancelled
    or min(case when is_cancelled then 1 else 0 end) over (partition by shop_id, order_id) = 1 as is_counted
from known
