select
    account_id,
    id as creative_id,
    name as creative_name,
    status,
    object_type,
    title,
    body,
    call_to_action_type,
    image_url,
    thumbnail_url,
    video_id,
    url_tags,
    cast(_sdc_batched_at as timestamp) as loaded_at
from {{ raw_table('raw_facebook_ads', 'adcreatives') }}
