select
    account_id,
    id as ad_id,
    adset_id,
    campaign_id,
    name as ad_name,
    status,
    configured_status,
    effective_status,
    {{ json_text('creative', 'id') }} as creative_id,
    cast(created_time as timestamp) as created_at,
    cast(updated_time as timestamp) as updated_at,
    cast(_sdc_batched_at as timestamp) as loaded_at
from {{ raw_table('raw_facebook_ads', 'ads') }}
