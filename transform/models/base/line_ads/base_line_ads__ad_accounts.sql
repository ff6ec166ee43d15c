select
    account_id,
    name as account_name,
    configuredstatus as configured_status,
    deliverystatus as delivery_status,
    currency,
    timezone as time_zone,
    cast(createddate as timestamp) as created_at,
    cast(_sdc_batched_at as timestamp) as loaded_at
from {{ raw_table('raw_line_ads', 'ad_accounts') }}
