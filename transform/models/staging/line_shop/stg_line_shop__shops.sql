with shops as (
    select account_id as shop_id from {{ ref('base_line_shop__sync_windows') }}
    union distinct
    select shop_id from {{ ref('base_line_shop__orders') }}
    union distinct
    select shop_id from {{ ref('base_line_shop__products') }}
)

select
    shop_id,
    shop_id as shop_name,
    'TH' as region,
    cast(null as string) as status,
    cast(null as timestamp) as authorised_at,
    cast(null as timestamp) as authorisation_expires_at
from shops
