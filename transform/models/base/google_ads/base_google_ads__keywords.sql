select
    customer_id as account_id,
    ad_group_id,
    criterion_id as keyword_id,
    status,
    cast(quality_score as bigint) as quality_score,
    cast(_sdc_batched_at as timestamp) as loaded_at
from {{ raw_table('raw_google_ads', 'keywords') }}
