select
    customer_id as account_id,
    campaign_id,
    ad_group_id,
    criterion_id as keyword_id,
    keyword_text as keyword,
    keyword_match_type as match_type,
    cast(date as date) as date,
    customer_currency_code as currency,
    cast(historical_quality_score as bigint) as quality_score,
    cast(impressions as bigint) as impressions,
    cast(clicks as bigint) as clicks,
    cast(cost_micros as bigint) as cost_micros,
    {{ decimal('conversions') }} as conversions,
    {{ decimal('conversions_value') }} as conversion_value,
    cast(_sdc_batched_at as timestamp) as loaded_at
from {{ raw_table('raw_google_ads', 'keyword_performance') }}
