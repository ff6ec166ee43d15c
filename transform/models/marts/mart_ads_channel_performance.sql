{{ config(
    partition_by=monthly_partition('date'),
    cluster_by=['platform', 'account_id'],
) }}

with ads as (
    select * from {{ ref('stg_ads_performance') }}
),

accounts as (
    select
        platform,
        account_id,
        max(account_name) as account_name,
        max(currency) as currency,
        max(time_zone) as time_zone,
        min(date) as first_date,
        max(date) as last_date
    from ads
    group by platform, account_id
),

days as (
    select
        accounts.*,
        date_day
    from accounts
    {{ cross_join_days('accounts.first_date', 'accounts.last_date') }}
),

totals as (
    select
        platform,
        account_id,
        date,
        sum(spend) as spend,
        {{ complete_sum('spend_thb') }} as spend_thb,
        sum(impressions) as impressions,
        sum(clicks) as clicks,
        sum(link_clicks) as link_clicks,
        sum(conversions) as conversions,
        sum(conversion_value) as conversion_value,
        {{ complete_sum('conversion_value_thb') }} as conversion_value_thb
    from ads
    group by platform, account_id, date
),

states as (
    select
        *,
        {{ local_date('dbt_valid_from', 'time_zone') }} as first_date,
        coalesce({{ local_date('dbt_valid_to', 'time_zone') }}, date '9999-12-31') as last_date,
        row_number() over (partition by platform, account_id, campaign_id order by dbt_valid_from) as state_number
    from {{ ref('snap_campaign_budgets') }}
),

-- The last state of a campaign that was in force on the day and let it run; before anything is known of it, the first.
budgets_of_campaigns as (
    select
        days.platform,
        days.account_id,
        days.date_day,
        states.daily_budget,
        days.date_day < states.first_date as is_assumed,
        row_number() over (
            partition by days.platform, days.account_id, days.date_day, states.campaign_id
            order by states.dbt_valid_from desc
        ) as place
    from days
    inner join states
        on
            days.platform = states.platform
            and days.account_id = states.account_id
            and days.date_day >= states.starts_on
            and days.date_day <= coalesce(states.ends_on, date '9999-12-31')
            and (
                (states.status = 'active' and days.date_day between states.first_date and states.last_date)
                or (states.state_number = 1 and days.date_day < states.first_date)
            )
),

budgets as (
    select
        platform,
        account_id,
        date_day,
        {{ complete_sum('daily_budget') }} as budget,
        count(case when is_assumed then 1 end) > 0 as is_assumed
    from budgets_of_campaigns
    where place = 1
    group by platform, account_id, date_day
),

-- A day without any ad is a day of zeros.
daily as (
    select
        days.*,
        budgets.budget,
        coalesce(budgets.is_assumed, false) as is_budget_assumed,
        coalesce(totals.spend, 0) as spend,
        case when totals.date is null then 0 else totals.spend_thb end as spend_thb,
        coalesce(totals.impressions, 0) as impressions,
        coalesce(totals.clicks, 0) as clicks,
        coalesce(totals.link_clicks, 0) as link_clicks,
        coalesce(totals.conversions, 0) as conversions,
        coalesce(totals.conversion_value, 0) as conversion_value,
        case when totals.date is null then 0 else totals.conversion_value_thb end as conversion_value_thb,
        final_days.date is not null as is_final
    from days
    left join totals
        on
            days.platform = totals.platform
            and days.account_id = totals.account_id
            and days.date_day = totals.date
    left join budgets
        on
            days.platform = budgets.platform
            and days.account_id = budgets.account_id
            and days.date_day = budgets.date_day
    left join {{ ref('stg_ads_final_account_days') }} as final_days
        on
            days.platform = final_days.platform
            and days.account_id = final_days.account_id
            and days.date_day = final_days.date
)

select
    daily.date_day as date,
    daily.platform,
    daily.account_id,
    daily.account_name,
    daily.currency,
    {{ ads_figures('daily.') }},
    {{ as_money('daily.budget') }} as budget,
    {{ as_money(to_thb('daily.budget', 'rates.rate_to_thb')) }} as budget_thb,
    {{ as_ratio(ratio('daily.spend', 'daily.budget')) }} as budget_use,
    daily.is_budget_assumed,
    daily.date_day < {{ local_date(
        'coalesce(accounts.figures_complete_until, ' ~ utc_now() ~ ')', 'daily.time_zone'
    ) }} as is_complete,
    daily.is_final
from daily
left join {{ ref('stg_exchange_rates') }} as rates
    on
        daily.currency = rates.currency
        and daily.date_day >= rates.valid_from
        and daily.date_day < rates.valid_to
left join {{ ref('stg_ad_accounts') }} as accounts
    on daily.platform = accounts.platform and daily.account_id = accounts.account_id
