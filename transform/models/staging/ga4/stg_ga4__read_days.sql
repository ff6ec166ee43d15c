-- Days that a report was asked for with success. A run's moment is the end of all that it asked for.
with windows as (
    select
        windows.stream,
        windows.account_id as property_id,
        windows.status,
        windows.window_start,
        windows.window_end,
        windows.started_at,
        max(windows.window_end) over (partition by windows.stream, windows.account_id, windows.run_id) as moment,
        coalesce(properties.time_zone, '{{ var("default_time_zone") }}') as time_zone
    from {{ ref('base_ga4__sync_windows') }} as windows
    left join {{ ref('base_ga4__properties') }} as properties on windows.account_id = properties.property_id
    -- The properties themselves have no days.
    where windows.window_start < windows.window_end
),

spans as (
    select
        stream,
        property_id,
        started_at,
        {{ local_date('window_start', 'time_zone') }} as first_date,
        {{ last_day_before('window_end', 'time_zone') }} as last_date,
        {{ add_days(local_date('moment', 'time_zone'), -1 - var('ga4_final_after_days')) }} as last_final_date
    from windows
    where status = 'done'
)

select
    spans.stream,
    spans.property_id,
    date_day as date,
    max(spans.started_at) as read_at,
    count(case when date_day <= spans.last_final_date then 1 end) > 0 as is_final
from spans
{{ cross_join_days('spans.first_date', 'spans.last_date') }}
group by spans.stream, spans.property_id, date_day
