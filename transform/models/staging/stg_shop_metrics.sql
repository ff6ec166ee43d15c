{{ union_platforms('shop_metrics', [
    'shop_id', 'snapshot_date', 'metric_id', 'metric_name', 'metric_group', 'is_group', 'shop_rating',
    'current_value', 'previous_value', 'unit', 'target_value', 'target_comparator', 'is_failing',
]) }}
