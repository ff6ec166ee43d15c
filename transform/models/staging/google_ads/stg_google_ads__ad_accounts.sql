select
    account_id,
    account_name,
    status as platform_status,
    currency,
    time_zone,
    cast(null as timestamp) as created_at
from {{ ref('base_google_ads__customers') }}
