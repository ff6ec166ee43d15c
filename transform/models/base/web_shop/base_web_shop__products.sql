{%- set reading = {
    'regular_price': export_decimal('regular_price'),
    'sale_price': export_decimal('sale_price'),
    'stock': export_decimal('stock'),
    'created_at': export_instant('created_at', "'" ~ var('web_shop_time_zone') ~ "'"),
    'updated_at': export_instant('updated_at', "'" ~ var('web_shop_time_zone') ~ "'"),
} -%}
{{ latest_export_rows(
    'raw_web_shop', 'products', of=['shop_id', 'product_id'], key=['shop_id', 'product_id'],
    defaults={'shop_id': "'" ~ var('web_shop_id') ~ "'"}
) }}

select
    shop_id,
    product_id,
    parent_id,
    type,
    sku,
    product_name,
    status,
    brand,
    category,
    {{ reading['regular_price'] }} as regular_price,
    {{ reading['sale_price'] }} as sale_price,
    {{ reading['stock'] }} as stock,
    {{ reading['created_at'] }} as created_at,
    {{ reading['updated_at'] }} as updated_at,
    {{ export_unread(reading) }} as unread_values,
    key_rows,
    file_name,
    file_changed_at,
    loaded_at
from latest
where key_row = 1
