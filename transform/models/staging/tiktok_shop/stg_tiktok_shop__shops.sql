select
    shop_id,
    shop_name,
    region,
    cast(null as string) as status,
    cast(null as timestamp) as authorised_at,
    cast(null as timestamp) as authorisation_expires_at
from {{ ref('base_tiktok_shop__shops') }}
