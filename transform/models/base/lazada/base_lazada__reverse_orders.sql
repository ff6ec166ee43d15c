select
    cast(seller_id as string) as shop_id,
    reverse_order_line_id,
    reverse_order_id,
    trade_order_id as order_id,
    trade_order_line_id as unit_id,
    request_type,
    reverse_status,
    {{ decimal('refund_amount') }} as refund_amount,
    reason_text as reason,
    {{ json_text('product', 'product_id') }} as product_id,
    coalesce(platform_sku_id, '0') as variant_id,
    cast(return_order_line_gmt_create as timestamp) as created_at,
    cast(return_order_line_gmt_modified as timestamp) as updated_at,
    cast(_sdc_batched_at as timestamp) as loaded_at
from {{ raw_table('raw_lazada', 'reverse_orders') }}
