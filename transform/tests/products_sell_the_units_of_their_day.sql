with both_sides as (
    select
        date,
        platform,
        shop_id,
        units
    from {{ ref('mart_daily_performance') }}
    union all
    select
        date,
        platform,
        shop_id,
        -units as units
    from {{ ref('mart_product_performance') }}
)

select
    date,
    platform,
    shop_id,
    sum(units) as difference
from both_sides
group by date, platform, shop_id
having sum(units) <> 0
