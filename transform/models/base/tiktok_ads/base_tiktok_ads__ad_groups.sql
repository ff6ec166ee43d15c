select
    advertiser_id as account_id,
    campaign_id,
    adgroup_id as ad_group_id,
    {{ decimal('budget') }} as budget,
    budget_mode,
    schedule_type,
    cast(schedule_start_time as timestamp) as schedule_starts_at,
    cast(schedule_end_time as timestamp) as schedule_stops_at,
    click_attribution_window,
    view_attribution_window,
    operation_status,
    secondary_status,
    cast(_sdc_batched_at as timestamp) as loaded_at
from {{ raw_table('raw_tiktok_ads', 'ad_groups') }}
