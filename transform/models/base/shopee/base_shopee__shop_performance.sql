select
    cast(shop_id as string) as shop_id,
    cast(snapshot_date as date) as snapshot_date,
    cast(metric_id as bigint) as metric_id,
    cast(overall_rating as bigint) as overall_rating,
    cast(metric_type as bigint) as metric_type,
    metric_name,
    {{ decimal('current_period') }} as current_period,
    {{ decimal('last_period') }} as last_period,
    cast(unit as bigint) as unit,
    {{ json_decimal('target', 'value') }} as target_value,
    {{ json_text('target', 'comparator') }} as target_comparator,
    cast(_sdc_batched_at as timestamp) as loaded_at
from {{ raw_table('raw_shopee', 'shop_performance') }}
