select
    cast(shop_id as string) as shop_id,
    shop_name,
    region,
    status,
    is_cb as is_cross_border,
    cast(auth_time as timestamp) as authorised_at,
    cast(expire_time as timestamp) as authorisation_expires_at,
    cast(_sdc_batched_at as timestamp) as loaded_at
from {{ raw_table('raw_shopee', 'shop') }}
