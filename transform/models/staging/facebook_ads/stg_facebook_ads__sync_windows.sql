select
    run_id,
    stream,
    account_id as shop_id,
    window_start,
    window_end,
    status,
    records,
    rejected_records,
    platform_total,
    requests,
    retries,
    seconds_throttled,
    started_at,
    finished_at,
    error
from {{ ref('base_facebook_ads__sync_windows') }}
