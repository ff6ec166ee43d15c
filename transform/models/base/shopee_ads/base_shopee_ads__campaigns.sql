select
    cast(shop_id as string) as account_id,
    cast(campaign_id as string) as campaign_id,
    ad_name as campaign_name,
    ad_type,
    campaign_status,
    {{ decimal('campaign_budget') }} as campaign_budget,
    cast(start_time as timestamp) as starts_at,
    cast(end_time as timestamp) as stops_at,
    currency,
    time_zone,
    cast(_sdc_extracted_at as timestamp) as extracted_at,
    cast(_sdc_batched_at as timestamp) as loaded_at
from {{ raw_table('raw_shopee_ads', 'campaigns') }}
