select
    account_id,
    cast(campaign_id as string) as campaign_id,
    campaign_name,
    cast(adgroup_id as string) as adgroup_id,
    adgroup_name,
    cast(date as date) as date,
    currency,
    {{ decimal('cost') }} as cost,
    cast(impressions as bigint) as impressions,
    cast(clicks as bigint) as clicks,
    {{ decimal('cv') }} as conversions,
    {{ decimal('cv_value') }} as conversion_value,
    cast(_sdc_batched_at as timestamp) as loaded_at
from {{ raw_table('raw_line_ads', 'daily_adgroup') }}
