select
    stream,
    account_id as shop_id,
    record_hash,
    run_id,
    window_start,
    reason,
    rejected_at
from {{ ref('base_facebook_ads__rejected_records') }}
