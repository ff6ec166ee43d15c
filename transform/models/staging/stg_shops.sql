with shops as (
    {{ union_platforms('shops', [
        'shop_id', 'shop_name', 'region', 'status', 'authorised_at', 'authorisation_expires_at',
    ]) }}
),

coverage as (
    select * from {{ ref('stg_sync_coverage') }}
    where stream = 'orders'
)

select
    shops.platform,
    shops.shop_id,
    shops.shop_name,
    shops.region,
    coalesce(regions.time_zone, '{{ var("default_time_zone") }}') as time_zone,
    regions.currency,
    shops.status,
    shops.authorised_at,
    shops.authorisation_expires_at,
    coverage.complete_until as orders_complete_until
from shops
left join {{ ref('regions') }} as regions on shops.region = regions.region
left join coverage
    on
        shops.platform = coverage.platform
        and shops.shop_id = coverage.shop_id
