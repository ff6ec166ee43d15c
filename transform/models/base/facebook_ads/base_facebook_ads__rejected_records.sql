select
    stream,
    account_id,
    record_hash,
    run_id,
    cast(window_start as timestamp) as window_start,
    reason,
    record,
    cast(rejected_at as timestamp) as rejected_at
from {{ raw_table('raw_facebook_ads', 'rejected_records') }}
