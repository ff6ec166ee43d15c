-- Ads, campaigns, channels and shops come to the same in baht on each day, shops or not.
with all_sides as (
    {% for model, prefix in [
        ('stg_ads_performance', ''), ('mart_campaign_performance', ''), ('mart_ads_channel_performance', ''),
        ('mart_daily_performance', 'ads_'),
    ] -%}
    select
        '{{ model }}' as model,
        date,
        count(case when {{ prefix }}spend_thb is null then 1 end) as unknown_rates,
        sum({{ prefix }}spend_thb) as spend_thb,
        sum({{ prefix }}clicks) as clicks,
        sum({{ prefix }}conversions) as conversions,
        sum({{ prefix }}conversion_value_thb) as conversion_value_thb
    from {{ ref(model) }}
    group by date
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

-- Marts know more days than there are ads.
days as (
    select * from all_sides
    where spend_thb <> 0 or clicks <> 0 or conversions <> 0 or conversion_value_thb <> 0 or unknown_rates > 0
)

select
    date,
    count(*) as models
from days
group by date
having
    count(*) <> 4
    or min(clicks) <> max(clicks)
    or min(conversions) <> max(conversions)
    or (
        max(unknown_rates) = 0
        and (min(spend_thb) <> max(spend_thb) or min(conversion_value_thb) <> max(conversion_value_thb))
    )
