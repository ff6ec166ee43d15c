with daily as (
    select * from {{ ref('mart_daily_performance') }}
    where is_trading
),

thresholds as (
    select * from {{ ref('alert_thresholds') }}
    where metric = 'revenue_drop'
),

-- The same weekday in each of the four weeks before; a day with a shorter past has nothing to be compared with.
expected as (
    select
        days.date,
        days.platform,
        days.shop_id,
        sum(earlier.revenue) as revenue,
        count(*) as weeks
    from daily as days
    inner join daily as earlier
        on
            days.platform = earlier.platform
            and days.shop_id = earlier.shop_id
            and (
                {%- for week in range(1, 5) %}
                {{ 'or ' if not loop.first }}earlier.date = {{ add_days('days.date', -7 * week) }}
                {%- endfor %}
            )
    where days.is_complete
    group by days.date, days.platform, days.shop_id
),

drops as (
    select
        daily.date,
        daily.platform,
        daily.shop_id,
        daily.shop_name,
        daily.currency,
        daily.revenue,
        {{ divide('expected.revenue', 'expected.weeks', 2) }} as expected_revenue,
        expected.revenue as revenue_of_four_weeks,
        {{ ratio('(expected.revenue - daily.revenue * 4)', 'expected.revenue') }} as drop_ratio
    from daily
    inner join expected
        on
            daily.date = expected.date
            and daily.platform = expected.platform
            and daily.shop_id = expected.shop_id
    where expected.weeks = 4
)

select
    'revenue_drop:' || drops.platform || ':' || drops.shop_id || ':' || cast(drops.date as string) as alert_id,
    drops.date as alert_date,
    case
        when drops.revenue * 4 < drops.revenue_of_four_weeks * (1 - thresholds.critical) then 'critical'
        else 'warning'
    end as severity,
    drops.platform,
    drops.shop_id,
    'revenue' as metric,
    {{ as_ratio('drops.revenue') }} as value,
    {{ as_ratio('drops.expected_revenue') }} as expected,
    {{ as_ratio('thresholds.warning') }} as threshold,
    'On ' || cast(drops.date as string) || ' revenue of ' || coalesce(drops.shop_name, drops.shop_id) || ' on '
    || drops.platform || ' fell ' || cast({{ as_count('round(drops.drop_ratio * 100, 0)') }} as string)
    || ' % below the same weekday of the last four weeks.' as message
from drops
cross join thresholds
-- Against the sum of the four weeks, not their rounded mean: a threshold is passed exactly or not at all.
where drops.revenue * 4 < drops.revenue_of_four_weeks * (1 - thresholds.warning)
