-- Lines of exported files that say something and lack a part of their key: no model has them. Totals below a report of
-- ads name no campaign and no day, and are not counted.
{{ config(severity='warn') }}

{%- set keys = {
    'users': ['user_id'],
    'orders': ['order_id'],
    'order_items': ['order_id', 'line_id'],
    'products': ['product_id'],
} %}
{%- set splits = {
    'campaigns': [],
    'devices': ['device'],
    'locations': ['location'],
    'keywords': ['ad_group_id', 'keyword', 'match_type'],
} %}
{%- for name, key in keys.items() %}
select
    'raw_web_shop.{{ name }}' as table_name,
    file_name,
    row_hash
from (
    {{ export_rows('raw_web_shop', name) }}
) as {{ name }}
where
    ({{ key | join(' is null or ') }} is null)
    and {{ 'coalesce(user_id, created_at)' if name == 'users' else {
        'orders': 'coalesce(order_id, status, created_at, total)',
        'order_items': 'coalesce(order_id, line_id, product_id, quantity)',
        'products': 'coalesce(product_id, sku, product_name)',
    }[name] }} is not null
union all
{%- endfor %}
{%- for name, split in splits.items() %}
select
    'raw_ads_exports.{{ name }}' as table_name,
    file_name,
    row_hash
from (
    {{ export_rows('raw_ads_exports', name) }}
) as {{ name }}
where
    {{ export_date('date') }} is not null
    and ({{ (['campaign_id'] + split) | join(' is null or ') }} is null)
{{ 'union all' if not loop.last }}
{%- endfor %}
