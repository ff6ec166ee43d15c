select
    cast(seller_id as string) as account_id,
    cast(campaignid as string) as campaign_id,
    campaignname as campaign_name,
    onlinestatus as online_status,
    status,
    campaignswitchstatus as switch_status,
    {{ decimal('dailybudget') }} as daily_budget,
    cast(startdate as date) as start_date,
    cast(enddate as date) as end_date,
    currency,
    time_zone,
    cast(_sdc_batched_at as timestamp) as loaded_at
from {{ raw_table('raw_lazada_ads', 'campaigns') }}
