-- What a shop's ads came to, every day from the first to the last. Ads of no shop are one shop of their own, in baht.
with ads as (
    select * from {{ ref('stg_ads_performance') }}
),

shops as (
    select
        shop_platform,
        shop_id,
        min(date) as first_date,
        max(date) as last_date,
        case
            when shop_platform = 'unmapped' then 'THB'
            when min(currency) = max(currency) and count(currency) = count(*) then min(currency)
        end as currency,
        count(distinct platform || ':' || account_id) as accounts
    from ads
    group by shop_platform, shop_id
),

days as (
    select
        shops.shop_platform,
        shops.shop_id,
        shops.currency,
        shops.accounts,
        date_day
    from shops
    {{ cross_join_days('shops.first_date', 'shops.last_date') }}
),

totals as (
    select
        shop_platform,
        shop_id,
        date,
        sum(spend) as spend,
        {{ complete_sum('spend_thb') }} as spend_thb,
        sum(impressions) as impressions,
        sum(clicks) as clicks,
        sum(conversions) as conversions,
        sum(conversion_value) as conversion_value,
        {{ complete_sum('conversion_value_thb') }} as conversion_value_thb
    from ads
    group by shop_platform, shop_id, date
),

accounts as (
    select distinct
        shop_platform,
        shop_id,
        platform,
        account_id
    from ads
),

finals as (
    select
        accounts.shop_platform,
        accounts.shop_id,
        final_days.date,
        count(*) as accounts
    from accounts
    inner join {{ ref('stg_ads_final_account_days') }} as final_days
        on
            accounts.platform = final_days.platform
            and accounts.account_id = final_days.account_id
    group by accounts.shop_platform, accounts.shop_id, final_days.date
)

select
    days.shop_platform as platform,
    days.shop_id,
    days.date_day as date,
    days.currency,
    case
        when totals.date is null then 0
        when days.shop_platform = 'unmapped' then totals.spend_thb
        when days.currency is not null then totals.spend
    end as spend,
    case when totals.date is null then 0 else totals.spend_thb end as spend_thb,
    coalesce(totals.impressions, 0) as impressions,
    coalesce(totals.clicks, 0) as clicks,
    coalesce(totals.conversions, 0) as conversions,
    case
        when totals.date is null then 0
        when days.shop_platform = 'unmapped' then totals.conversion_value_thb
        when days.currency is not null then totals.conversion_value
    end as conversion_value,
    case when totals.date is null then 0 else totals.conversion_value_thb end as conversion_value_thb,
    coalesce(finals.accounts, 0) = days.accounts as is_final
from days
left join totals
    on
        days.shop_platform = totals.shop_platform
        and days.shop_id = totals.shop_id
        and days.date_day = totals.date
left join finals
    on
        days.shop_platform = finals.shop_platform
        and days.shop_id = finals.shop_id
        and days.date_day = finals.date
