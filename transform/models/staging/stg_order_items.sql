{{ config(cluster_by=['platform', 'shop_id', 'order_id']) }}

{{ union_platforms('order_items', [
    'shop_id', 'order_id', 'line_number', 'product_id', 'variant_id', 'sku', 'product_name', 'variant_name',
    'promotion_type', 'quantity', 'unit_price', 'list_value', 'line_value',
]) }}
