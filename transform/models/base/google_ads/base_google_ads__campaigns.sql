select
    customer_id as account_id,
    campaign_id,
    campaign_name,
    campaign_status as status,
    campaign_primary_status as primary_status,
    campaign_advertising_channel_type as channel_type,
    campaign_start_date_time as start_time,
    campaign_end_date_time as end_time,
    campaign_budget_id as budget_id,
    cast(campaign_budget_amount_micros as bigint) as daily_budget_micros,
    cast(campaign_budget_total_amount_micros as bigint) as lifetime_budget_micros,
    cast(_sdc_batched_at as timestamp) as loaded_at
from {{ raw_table('raw_google_ads', 'campaigns') }}
