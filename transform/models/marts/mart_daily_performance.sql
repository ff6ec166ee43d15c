{{ config(
    partition_by=monthly_partition('date'),
    cluster_by=['platform', 'shop_id'],
) }}
{%- set comparisons = ['previous_day', 'last_week', 'last_month'] %}

with orders as (
    select * from {{ ref('stg_orders') }}
    where order_date is not null
),

shops as (
    select * from {{ ref('stg_shops') }}
),

ads as (
    select * from {{ ref('stg_ads_shop_days') }}
),

spans as (
    select
        platform,
        shop_id,
        min(order_date) as first_date,
        max(order_date) as last_date,
        min(order_date) as first_order_date,
        min(currency) as order_currency,
        cast(null as string) as ads_currency
    from orders
    group by platform, shop_id
    union all
    select
        platform,
        shop_id,
        min(date) as first_date,
        max(date) as last_date,
        cast(null as date) as first_order_date,
        cast(null as string) as order_currency,
        min(currency) as ads_currency
    from ads
    group by platform, shop_id
),

bounds as (
    select
        platform,
        shop_id,
        min(first_date) as first_date,
        max(last_date) as last_date,
        min(first_order_date) as first_order_date,
        coalesce(min(order_currency), min(ads_currency)) as currency
    from spans
    group by platform, shop_id
),

days as (
    select
        bounds.platform,
        bounds.shop_id,
        case when bounds.platform = 'unmapped' then 'Ads without a shop' else shops.shop_name end as shop_name,
        coalesce(shops.currency, bounds.currency) as currency,
        date_day,
        coalesce(date_day >= bounds.first_order_date, false) as is_trading,
        -- Days that the loaded orders cover to their end, in the shop's own time.
        {{ local_date(
            'coalesce(shops.orders_complete_until, ' ~ utc_now() ~ ')',
            "coalesce(shops.time_zone, '" ~ var('default_time_zone') ~ "')"
        ) }} as complete_until
    from bounds
    left join shops
        on bounds.platform = shops.platform and bounds.shop_id = shops.shop_id
    {{ cross_join_days('bounds.first_date', 'bounds.last_date') }}
),

totals as (
    select
        platform,
        shop_id,
        order_date,
        count(*) as placed_orders,
        count(case when is_sale then 1 end) as orders,
        count(case when status = 'cancelled' then 1 end) as cancelled_orders,
        count(case when is_sale and refund_amount > 0 then 1 end) as refunded_orders,
        count(case when is_settled then 1 end) as settled_orders,
        sum(case when is_sale then units else 0 end) as units,
        sum(revenue) as revenue,
        {{ complete_sum('revenue_thb') }} as revenue_thb,
        sum(refunds) as refunds,
        {{ complete_sum('refunds_thb') }} as refunds_thb,
        sum(fees) as fees,
        {{ complete_sum('fees_thb') }} as fees_thb,
        sum(payout) as payout
    from orders
    group by platform, shop_id, order_date
),

-- A day without any order or ad is a day of zeros; a day whose rate is unknown stays unknown in baht.
daily as (
    select
        days.platform,
        days.shop_id,
        days.shop_name,
        days.currency,
        days.date_day,
        days.is_trading,
        days.complete_until,
        coalesce(totals.placed_orders, 0) as placed_orders,
        coalesce(totals.orders, 0) as orders,
        coalesce(totals.cancelled_orders, 0) as cancelled_orders,
        coalesce(totals.refunded_orders, 0) as refunded_orders,
        coalesce(totals.settled_orders, 0) as settled_orders,
        coalesce(totals.units, 0) as units,
        coalesce(totals.revenue, 0) as revenue,
        coalesce(totals.refunds, 0) as refunds,
        coalesce(totals.fees, 0) as fees,
        coalesce(totals.payout, 0) as payout,
        case when totals.order_date is null then 0 else totals.revenue_thb end as revenue_thb,
        case when totals.order_date is null then 0 else totals.refunds_thb end as refunds_thb,
        case when totals.order_date is null then 0 else totals.fees_thb end as fees_thb,
        case
            when ads.date is null then 0
            when days.currency = ads.currency then ads.spend
        end as ads_spend,
        case when ads.date is null then 0 else ads.spend_thb end as ads_spend_thb,
        coalesce(ads.impressions, 0) as ads_impressions,
        coalesce(ads.clicks, 0) as ads_clicks,
        coalesce(ads.conversions, 0) as ads_conversions,
        case
            when ads.date is null then 0
            when days.currency = ads.currency then ads.conversion_value
        end as ads_conversion_value,
        case when ads.date is null then 0 else ads.conversion_value_thb end as ads_conversion_value_thb,
        ads.is_final as ads_is_final
    from days
    left join totals
        on
            days.platform = totals.platform
            and days.shop_id = totals.shop_id
            and days.date_day = totals.order_date
    left join ads
        on
            days.platform = ads.platform
            and days.shop_id = ads.shop_id
            and days.date_day = ads.date
),

-- What a day is compared with: days before the first order have nothing to tell.
traded as (
    select * from daily
    where is_trading
)

select
    days.date_day as date,
    days.platform,
    days.shop_id,
    days.shop_name,
    days.currency,
    {{ as_money('days.revenue') }} as revenue,
    {{ as_money('days.revenue_thb') }} as revenue_thb,
    {{ as_count('days.placed_orders') }} as placed_orders,
    {{ as_count('days.orders') }} as orders,
    {{ as_count('days.cancelled_orders') }} as cancelled_orders,
    {{ as_count('days.refunded_orders') }} as refunded_orders,
    {{ as_count('days.units') }} as units,
    {{ as_money(divide('days.revenue', 'days.orders', 2)) }} as average_order_value,
    {{ as_money('days.refunds') }} as refunds,
    {{ as_money('days.refunds_thb') }} as refunds_thb,
    {{ as_ratio(ratio('days.refunds', 'days.revenue')) }} as refund_rate,
    {{ as_money('days.fees') }} as fees,
    {{ as_money('days.fees_thb') }} as fees_thb,
    {{ as_money('days.payout') }} as payout,
    {{ as_count('days.settled_orders') }} as settled_orders,
    {{ as_money('days.revenue - days.refunds - days.fees') }} as net_revenue,
    {{ as_money('days.revenue_thb - days.refunds_thb - days.fees_thb') }} as net_revenue_thb,
    {% for name in comparisons %}
    {{ as_money(name ~ '.revenue') }} as revenue_{{ name }},
    {{ as_ratio(change('days.revenue', name ~ '.revenue')) }} as revenue_change_{{ name }},
    {{ as_count(name ~ '.orders') }} as orders_{{ name }},
    {{ as_ratio(change('days.orders', name ~ '.orders')) }} as orders_change_{{ name }},
    {% endfor %}
    {{ as_money('days.ads_spend') }} as ads_spend,
    {{ as_money('days.ads_spend_thb') }} as ads_spend_thb,
    {{ as_count('days.ads_impressions') }} as ads_impressions,
    {{ as_count('days.ads_clicks') }} as ads_clicks,
    {{ as_money('days.ads_conversions') }} as ads_conversions,
    {{ as_money('days.ads_conversion_value') }} as ads_conversion_value,
    {{ as_money('days.ads_conversion_value_thb') }} as ads_conversion_value_thb,
    {{ as_ratio(roas('days.ads_', '_thb')) }} as roas,
    {{ as_ratio(ratio('days.revenue_thb', 'days.ads_spend_thb')) }} as blended_roas,
    {{ as_money(cpa('days.ads_', '_thb')) }} as cpa,
    {{ as_ratio(ctr('days.ads_')) }} as ctr,
    {{ as_ratio(conversion_rate('days.ads_')) }} as conversion_rate,
    days.is_trading,
    days.date_day < days.complete_until as is_complete,
    {{ days_between('days.date_day', 'days.complete_until') }} >= {{ var('final_after_days') }}
    and (
        days.settled_orders = days.orders
        {%- for platform in var('platforms_without_settlements') %}
        or days.platform = '{{ platform }}'
        {%- endfor %}
    ) as is_final,
    days.ads_is_final
from daily as days
left join traded as previous_day
    on
        days.platform = previous_day.platform
        and days.shop_id = previous_day.shop_id
        and previous_day.date_day = {{ add_days('days.date_day', -1) }}
left join traded as last_week
    on
        days.platform = last_week.platform
        and days.shop_id = last_week.shop_id
        and last_week.date_day = {{ add_days('days.date_day', -7) }}
left join traded as last_month
    on
        days.platform = last_month.platform
        and days.shop_id = last_month.shop_id
        and last_month.date_day = {{ add_months('days.date_day', -1) }}
