select
    customer_id as account_id,
    campaign_id,
    campaign_name,
    cast(date as date) as date,
    customer_currency_code as currency,
    cast(impressions as bigint) as impressions,
    cast(clicks as bigint) as clicks,
    cast(cost_micros as bigint) as cost_micros,
    {{ decimal('conversions') }} as conversions,
    {{ decimal('conversions_value') }} as conversion_value,
    cast(video_trueview_views as bigint) as video_views,
    cast(_sdc_batched_at as timestamp) as loaded_at
from {{ raw_table('raw_google_ads', 'campaign_performance') }}
