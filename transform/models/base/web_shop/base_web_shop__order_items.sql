{%- set reading = {
    'quantity': export_decimal('quantity'),
    'unit_price': export_decimal('unit_price'),
    'line_total': export_decimal('line_total'),
} -%}
{{ latest_export_rows(
    'raw_web_shop', 'order_items', of=['shop_id', 'order_id'], key=['shop_id', 'order_id', 'line_id'],
    defaults={'shop_id': "'" ~ var('web_shop_id') ~ "'"}
) }}

select
    shop_id,
    order_id,
    line_id,
    product_id,
    variant_id,
    sku,
    product_name,
    variant_name,
    {{ reading['quantity'] }} as quantity,
    {{ reading['unit_price'] }} as unit_price,
    {{ reading['line_total'] }} as line_total,
    {{ export_unread(reading) }} as unread_values,
    key_rows,
    file_name,
    file_changed_at,
    loaded_at
from latest
where key_row = 1
