with daily as (
    select
        *,
        {{ month_of('date') }} as month
    from {{ ref('mart_daily_performance') }}
    where is_trading
),

monthly as (
    select
        month,
        platform,
        shop_id,
        max(shop_name) as shop_name,
        max(currency) as currency,
        sum(revenue) as revenue,
        {{ complete_sum('revenue_thb') }} as revenue_thb,
        sum(placed_orders) as placed_orders,
        sum(orders) as orders,
        sum(cancelled_orders) as cancelled_orders,
        sum(refunded_orders) as refunded_orders,
        sum(units) as units,
        sum(refunds) as refunds,
        {{ complete_sum('refunds_thb') }} as refunds_thb,
        sum(fees) as fees,
        {{ complete_sum('fees_thb') }} as fees_thb,
        sum(payout) as payout,
        sum(settled_orders) as settled_orders,
        sum(net_revenue) as net_revenue,
        {{ complete_sum('net_revenue_thb') }} as net_revenue_thb,
        count(case when not is_final then 1 end) = 0 as is_final
    from daily
    group by month, platform, shop_id
),

totals as (
    select
        month,
        {{ complete_sum('revenue_thb') }} as all_revenue_thb
    from monthly
    group by month
),

readings as (
    select
        platform,
        shop_id,
        snapshot_date,
        {{ month_of('snapshot_date') }} as month,
        max(shop_rating) as shop_rating,
        count(case when is_failing and not is_group then 1 end) as failing_metrics
    from {{ ref('stg_shop_metrics') }}
    group by platform, shop_id, snapshot_date
),

-- The last reading that was known by the end of each month.
latest as (
    select
        monthly.month,
        monthly.platform,
        monthly.shop_id,
        max(readings.snapshot_date) as snapshot_date
    from monthly
    inner join readings
        on
            monthly.platform = readings.platform
            and monthly.shop_id = readings.shop_id
            and monthly.month >= readings.month
    group by monthly.month, monthly.platform, monthly.shop_id
)

select
    monthly.month,
    monthly.platform,
    monthly.shop_id,
    monthly.shop_name,
    monthly.currency,
    {{ as_money('monthly.revenue') }} as revenue,
    {{ as_money('monthly.revenue_thb') }} as revenue_thb,
    {{ as_ratio(ratio('monthly.revenue_thb', 'totals.all_revenue_thb')) }} as revenue_share,
    {{ as_money('previous.revenue') }} as revenue_previous_month,
    {{ as_ratio(change('monthly.revenue', 'previous.revenue')) }} as revenue_change_previous_month,
    {{ as_count('monthly.placed_orders') }} as placed_orders,
    {{ as_count('monthly.orders') }} as orders,
    {{ as_count('monthly.cancelled_orders') }} as cancelled_orders,
    {{ as_ratio(ratio('monthly.cancelled_orders', 'monthly.placed_orders')) }} as cancellation_rate,
    {{ as_count('monthly.refunded_orders') }} as refunded_orders,
    {{ as_count('monthly.units') }} as units,
    {{ as_money(divide('monthly.revenue', 'monthly.orders', 2)) }} as average_order_value,
    {{ as_money('monthly.refunds') }} as refunds,
    {{ as_money('monthly.refunds_thb') }} as refunds_thb,
    {{ as_ratio(ratio('monthly.refunds', 'monthly.revenue')) }} as refund_rate,
    {{ as_money('monthly.fees') }} as fees,
    {{ as_money('monthly.fees_thb') }} as fees_thb,
    {{ as_money('monthly.payout') }} as payout,
    {{ as_count('monthly.settled_orders') }} as settled_orders,
    {{ as_money('monthly.net_revenue') }} as net_revenue,
    {{ as_money('monthly.net_revenue_thb') }} as net_revenue_thb,
    {{ as_count('readings.shop_rating') }} as shop_rating,
    {{ as_count('readings.failing_metrics') }} as failing_metrics,
    latest.snapshot_date as rating_date,
    monthly.is_final
from monthly
inner join totals on monthly.month = totals.month
left join monthly as previous
    on
        monthly.platform = previous.platform
        and monthly.shop_id = previous.shop_id
        and previous.month = {{ add_months('monthly.month', -1) }}
left join latest
    on
        monthly.platform = latest.platform
        and monthly.shop_id = latest.shop_id
        and monthly.month = latest.month
left join readings
    on
        latest.platform = readings.platform
        and latest.shop_id = readings.shop_id
        and latest.snapshot_date = readings.snapshot_date
