-- What each level of an account says of a day: all levels tell the same figures in other pieces. A day that was read
-- and has no row is a day of zeros.
with figures as (
    {{ union_platforms('insights', [
        'level', 'stream', 'account_id', 'date', 'spend', 'impressions', 'clicks', 'conversions', 'conversion_value',
    ], var('ads_platforms')) }}
),

streams as (
    select distinct
        platform,
        level,
        stream
    from figures
),

days as (
    select
        platform,
        level,
        account_id,
        date,
        false as is_final,
        spend,
        impressions,
        clicks,
        conversions,
        conversion_value
    from figures
    union all
    select
        final_days.platform,
        streams.level,
        final_days.account_id,
        final_days.date,
        true as is_final,
        cast(0 as {{ decimal_type() }}) as spend,
        0 as impressions,
        0 as clicks,
        cast(0 as {{ decimal_type() }}) as conversions,
        cast(0 as {{ decimal_type() }}) as conversion_value
    from {{ ref('stg_ads_final_days') }} as final_days
    inner join streams
        on final_days.platform = streams.platform and final_days.stream = streams.stream
)

select
    platform,
    level,
    account_id,
    date,
    count(case when is_final then 1 end) > 0 as is_final,
    sum(spend) as spend,
    sum(impressions) as impressions,
    sum(clicks) as clicks,
    sum(conversions) as conversions,
    sum(conversion_value) as conversion_value
from days
group by platform, level, account_id, date
