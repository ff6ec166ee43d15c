select
    run_id,
    stream,
    account_id,
    cast(window_start as timestamp) as window_start,
    cast(window_end as timestamp) as window_end,
    status,
    cast({{ adapter.quote('rows') }} as bigint) as records,
    cast(rejected as bigint) as rejected_records,
    cast(platform_total as bigint) as platform_total,
    cast(requests as bigint) as requests,
    cast(retries as bigint) as retries,
    {{ decimal('seconds_throttled') }} as seconds_throttled,
    cast(started_at as timestamp) as started_at,
    cast(finished_at as timestamp) as finished_at,
    error
from {{ raw_table('raw_facebook_ads', 'sync_windows') }}
