select
    account_id,
    cast(date_start as date) as date,
    account_name,
    account_currency as currency,
    attribution_setting,
    {{ decimal('spend') }} as spend,
    cast(impressions as bigint) as impressions,
    cast(clicks as bigint) as clicks,
    cast(inline_link_clicks as bigint) as link_clicks,
    cast(reach as bigint) as reach,
    actions,
    action_values,
    cast(_sdc_batched_at as timestamp) as loaded_at
from {{ raw_table('raw_facebook_ads', 'daily_account') }}
