{%- set reading = {
    'created_at': export_instant('created_at', "'" ~ var('web_shop_time_zone') ~ "'"),
} -%}
{{ latest_export_rows(
    'raw_web_shop', 'users', of=['user_id'], key=['user_id']
) }}

select
    user_id,
    {{ reading['created_at'] }} as created_at,
    {{ export_unread(reading) }} as unread_values,
    key_rows,
    file_name,
    file_changed_at,
    loaded_at
from latest
where key_row = 1
