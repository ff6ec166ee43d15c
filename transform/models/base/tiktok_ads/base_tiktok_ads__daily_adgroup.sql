select
    advertiser_id as account_id,
    adgroup_id as ad_group_id,
    cast(date_start as date) as date,
    currency,
    {{ decimal('spend') }} as spend,
    cast(impressions as bigint) as impressions,
    cast(clicks as bigint) as clicks,
    cast(complete_payment as bigint) as conversions,
    {{ decimal('total_complete_payment_rate') }} as conversion_value,
    cast(_sdc_batched_at as timestamp) as loaded_at
from {{ raw_table('raw_tiktok_ads', 'daily_adgroup') }}
