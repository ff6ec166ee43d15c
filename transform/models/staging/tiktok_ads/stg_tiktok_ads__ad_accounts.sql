select
    account_id,
    account_name,
    status as platform_status,
    currency,
    time_zone,
    created_at
from {{ ref('base_tiktok_ads__advertisers') }}
