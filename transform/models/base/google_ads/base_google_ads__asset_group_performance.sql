select
    customer_id as account_id,
    campaign_id,
    campaign_name,
    asset_group_id,
    asset_group_name,
    cast(date as date) as date,
    customer_currency_code as currency,
    cast(impressions as bigint) as impressions,
    cast(clicks as bigint) as clicks,
    cast(cost_micros as bigint) as cost_micros,
    {{ decimal('conversions') }} as conversions,
    {{ decimal('conversions_value') }} as conversion_value,
    cast(_sdc_batched_at as timestamp) as loaded_at
from {{ raw_table('raw_google_ads', 'asset_group_performance') }}
