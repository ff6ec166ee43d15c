select
    account_id,
    account_name,
    coalesce(delivery_status, configured_status) as platform_status,
    currency,
    time_zone,
    created_at
from {{ ref('base_line_ads__ad_accounts') }}
