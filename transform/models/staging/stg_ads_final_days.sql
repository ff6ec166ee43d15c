-- Days of an account's stream that were read once more when nothing could change them any longer. A run's moment is the
-- end of all that it asked for; what it says of a day counts from that moment.
with windows as (
    select
        windows.platform,
        windows.stream,
        windows.shop_id as account_id,
        windows.status,
        windows.window_start,
        windows.window_end,
        max(windows.window_end) over (
            partition by windows.platform, windows.stream, windows.shop_id, windows.run_id
        ) as moment,
        coalesce(accounts.time_zone, '{{ var("default_time_zone") }}') as time_zone
    from {{ ref('stg_sync_windows') }} as windows
    left join {{ ref('stg_ad_accounts') }} as accounts
        on windows.platform = accounts.platform and windows.shop_id = accounts.account_id
    where
        windows.platform in (
            {% for name in var('ads_platforms') -%}
            '{{ name }}'{{ ',' if not loop.last }}
            {% endfor %}
        )
),

spans as (
    select
        platform,
        stream,
        account_id,
        {{ local_date('window_start', 'time_zone') }} as first_date,
        least(
            {{ last_day_before('window_end', 'time_zone') }},
            {{ add_days(local_date('moment', 'time_zone'), '-1 - ' ~ ads_final_after_days('platform')) }}
        ) as last_date
    from windows
    where status = 'done'
)

select distinct
    spans.platform,
    spans.stream,
    spans.account_id,
    date_day as date
from spans
{{ cross_join_days('spans.first_date', 'spans.last_date') }}
where spans.first_date <= spans.last_date
