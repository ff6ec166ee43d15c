select
    advertiser_id as account_id,
    campaign_id,
    campaign_name,
    objective_type as objective,
    {{ decimal('budget') }} as budget,
    budget_mode,
    operation_status,
    secondary_status,
    cast(create_time as timestamp) as created_at,
    cast(modify_time as timestamp) as updated_at,
    cast(_sdc_batched_at as timestamp) as loaded_at
from {{ raw_table('raw_tiktok_ads', 'campaigns') }}
