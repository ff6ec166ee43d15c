-- A shop is there once a file of it is: where none was ever loaded there is no shop.
with shops as (
    select shop_id from {{ ref('base_web_shop__orders') }}
    union distinct
    select shop_id from {{ ref('base_web_shop__products') }}
)

select
    shop_id,
    case when shop_id = '{{ var("web_shop_id") }}' then '{{ var("web_shop_name") }}' else shop_id end as shop_name,
    '{{ var("web_shop_region") }}' as region,
    cast(null as string) as status,
    cast(null as timestamp) as authorised_at,
    cast(null as timestamp) as authorisation_expires_at
from shops
