select
    account_id,
    name as account_name,
    cast(account_status as bigint) as account_status,
    currency,
    timezone_name as time_zone,
    cast(amount_spent as bigint) as amount_spent,
    cast(balance as bigint) as balance,
    cast(spend_cap as bigint) as spend_cap,
    {{ json_text('business', 'name') }} as business_name,
    cast(created_time as timestamp) as created_at,
    cast(_sdc_batched_at as timestamp) as loaded_at
from {{ raw_table('raw_facebook_ads', 'ad_accounts') }}
