select
    shop_id,
    snapshot_date,
    cast(metric_id as string) as metric_id,
    metric_name,
    case metric_type
        when 1 then 'fulfilment'
        when 2 then 'listing'
        when 3 then 'customer_service'
    end as metric_group,
    -- Negative ids are groups of metrics, not metrics.
    metric_id < 0 as is_group,
    overall_rating as shop_rating,
    current_period as current_value,
    last_period as previous_value,
    case unit
        when 1 then 'number'
        when 2 then 'percent'
        when 3 then 'second'
        when 4 then 'day'
        when 5 then 'hour'
    end as unit,
    target_value,
    target_comparator,
    coalesce(
        case target_comparator
            when '<' then not current_period < target_value
            when '<=' then not current_period <= target_value
            when '>' then not current_period > target_value
            when '>=' then not current_period >= target_value
            when '=' then not current_period = target_value
        end,
        false
    ) as is_failing
from {{ ref('base_shopee__shop_performance') }}
