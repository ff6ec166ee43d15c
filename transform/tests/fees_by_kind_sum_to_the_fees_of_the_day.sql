with both_sides as (
    select
        date,
        platform,
        shop_id,
        fees,
        fees_thb
    from {{ ref('mart_daily_performance') }}
    union all
    select
        order_date as date,
        platform,
        shop_id,
        -fee_amount as fees,
        -fee_amount_thb as fees_thb
    from {{ ref('stg_order_fees') }}
    where is_settled
)

select
    date,
    platform,
    shop_id,
    sum(fees) as difference,
    sum(fees_thb) as difference_thb
from both_sides
group by date, platform, shop_id
having
    sum(fees) <> 0
    or (count(fees_thb) = count(*) and sum(fees_thb) <> 0)
