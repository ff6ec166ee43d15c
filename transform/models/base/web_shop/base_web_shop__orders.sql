{%- set reading = {
    'total': export_decimal('total'),
    'refund_amount': export_decimal('refund_amount'),
    'created_at': export_instant('created_at', "'" ~ var('web_shop_time_zone') ~ "'"),
    'paid_at': export_instant('paid_at', "'" ~ var('web_shop_time_zone') ~ "'"),
    'updated_at': export_instant('updated_at', "'" ~ var('web_shop_time_zone') ~ "'"),
} -%}
{{ latest_export_rows(
    'raw_web_shop', 'orders', of=['shop_id', 'order_id'], key=['shop_id', 'order_id'],
    defaults={'shop_id': "'" ~ var('web_shop_id') ~ "'"}
) }}

select
    shop_id,
    order_id,
    status,
    currency,
    payment_method,
    shipping_method,
    user_id,
    {{ reading['total'] }} as total,
    {{ reading['refund_amount'] }} as refund_amount,
    {{ reading['created_at'] }} as created_at,
    {{ reading['paid_at'] }} as paid_at,
    {{ reading['updated_at'] }} as updated_at,
    {{ export_unread(reading) }} as unread_values,
    key_rows,
    file_name,
    file_changed_at,
    loaded_at
from latest
where key_row = 1
