with coverage as (
    select
        *,
        -- A stream that never succeeded counts as behind since for ever: 9,999 hours.
        coalesce({{ divide(seconds_between('last_window_end', utc_now()), 3600, 2) }}, 9999) as hours_behind
    from {{ ref('stg_sync_coverage') }}
),

readings as (
    select
        platform,
        stream,
        shop_id,
        'hours_behind' as metric,
        hours_behind as value,
        'The last span loaded ended ' || cast({{ as_count('round(hours_behind, 0)') }} as string)
        || ' hours ago.' as message
    from coverage
    union all
    select
        platform,
        stream,
        shop_id,
        'open_gaps' as metric,
        {{ decimal('open_gaps') }} as value,
        cast(open_gaps as string) || ' span(s) could not be loaded and are not filled yet.' as message
    from coverage
    union all
    select
        platform,
        stream,
        shop_id,
        'rejected_records' as metric,
        {{ decimal('rejected_records') }} as value,
        cast(rejected_records as string) || ' record(s) could not be converted.' as message
    from coverage
)

select
    readings.metric || ':' || readings.platform || ':' || readings.stream || ':' || readings.shop_id as alert_id,
    cast({{ utc_now() }} as date) as alert_date,
    case when readings.value >= thresholds.critical then 'critical' else 'warning' end as severity,
    readings.platform,
    readings.shop_id,
    readings.metric,
    {{ as_ratio('readings.value') }} as value,
    {{ as_ratio(decimal('0')) }} as expected,
    {{ as_ratio('thresholds.warning') }} as threshold,
    readings.platform || ' ' || readings.stream || ' of ' || readings.shop_id || ': ' || readings.message as message
from readings
inner join {{ ref('alert_thresholds') }} as thresholds on readings.metric = thresholds.metric
where readings.value >= thresholds.warning
