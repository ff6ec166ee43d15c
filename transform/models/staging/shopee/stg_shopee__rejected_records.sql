select
    stream,
    account_id as shop_id,
    record_hash,
    run_id,
    window_start,
    reason,
    rejected_at
from {{ ref('base_shopee__rejected_records') }}
