select
    shop_id,
    shop_name,
    region,
    status,
    authorised_at,
    authorisation_expires_at
from {{ ref('base_shopee__shop') }}
