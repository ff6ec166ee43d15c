select
    advertiser_id as account_id,
    name as account_name,
    status,
    currency,
    timezone as time_zone,
    cast(create_time as timestamp) as created_at,
    cast(_sdc_batched_at as timestamp) as loaded_at
from {{ raw_table('raw_tiktok_ads', 'advertisers') }}
