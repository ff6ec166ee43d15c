{{ config(
    partition_by=monthly_partition('date'),
    cluster_by=['platform', 'account_id', 'campaign_id'],
) }}

with totals as (
    select
        date,
        platform,
        account_id,
        campaign_id,
        max(account_name) as account_name,
        max(campaign_name) as campaign_name,
        max(currency) as currency,
        max(time_zone) as time_zone,
        sum(spend) as spend,
        {{ complete_sum('spend_thb') }} as spend_thb,
        sum(impressions) as impressions,
        sum(clicks) as clicks,
        sum(link_clicks) as link_clicks,
        sum(conversions) as conversions,
        sum(conversion_value) as conversion_value,
        {{ complete_sum('conversion_value_thb') }} as conversion_value_thb,
        count(case when not is_final then 1 end) = 0 as is_final
    from {{ ref('stg_ads_performance') }}
    group by date, platform, account_id, campaign_id
),

-- The day and the six before it; a day without a row is one on which nothing happened.
seven_days as (
    select
        totals.date,
        totals.platform,
        totals.account_id,
        totals.campaign_id,
        sum(earlier.spend) as spend,
        {{ complete_sum('earlier.spend_thb') }} as spend_thb,
        sum(earlier.impressions) as impressions,
        sum(earlier.clicks) as clicks,
        sum(earlier.conversions) as conversions,
        sum(earlier.conversion_value) as conversion_value
    from totals
    inner join totals as earlier
        on
            totals.platform = earlier.platform
            and totals.account_id = earlier.account_id
            and totals.campaign_id = earlier.campaign_id
            and totals.date >= earlier.date
            and {{ add_days('totals.date', -7) }} < earlier.date
    group by totals.date, totals.platform, totals.account_id, totals.campaign_id
),

figures as (
    select
        *,
        {{ roas() }} as roas,
        {{ ctr() }} as ctr,
        {{ conversion_rate() }} as conversion_rate
    from seven_days
),

-- 1 good, 2 warning, 3 poor.
judged as (
    select
        figures.*,
        rules.metric,
        case
            when figures.spend_thb < rules.min_spend_thb then null
            {% for metric in ['roas', 'ctr', 'conversion_rate'] -%}
            when rules.metric = '{{ metric }}'
                then
                    case
                        when figures.{{ metric }} >= rules.good_from then 1
                        when figures.{{ metric }} >= rules.warning_from then 2
                        when figures.{{ metric }} < rules.warning_from then 3
                    end
            {% endfor %}
        end as verdict
    from figures
    cross join {{ ref('campaign_rating_rules') }} as rules
    where figures.spend_thb is not null
),

ratings as (
    select
        date,
        platform,
        account_id,
        campaign_id,
        case max(verdict) when 1 then 'good' when 2 then 'warning' when 3 then 'poor' end as rating
    from judged
    group by date, platform, account_id, campaign_id
)

select
    totals.date,
    totals.platform,
    totals.account_id,
    totals.account_name,
    totals.campaign_id,
    coalesce(campaigns.campaign_name, totals.campaign_name) as campaign_name,
    campaigns.objective,
    campaigns.status,
    totals.currency,
    {{ as_money('campaigns.daily_budget') }} as daily_budget,
    campaigns.budget_type,
    {{ ads_figures('totals.') }},
    {{ as_money('figures.spend') }} as spend_7d,
    {{ as_money('figures.spend_thb') }} as spend_thb_7d,
    {{ as_money('figures.conversions') }} as conversions_7d,
    {{ as_money('figures.conversion_value') }} as conversion_value_7d,
    {{ as_ratio('figures.roas') }} as roas_7d,
    {{ as_money(cpa('figures.')) }} as cpa_7d,
    coalesce(ratings.rating, 'not_enough_data') as rating,
    totals.date < {{ local_date(
        'coalesce(accounts.figures_complete_until, ' ~ utc_now() ~ ')', 'totals.time_zone'
    ) }} as is_complete,
    totals.is_final
from totals
inner join figures
    on
        totals.date = figures.date
        and totals.platform = figures.platform
        and totals.account_id = figures.account_id
        and totals.campaign_id = figures.campaign_id
left join ratings
    on
        totals.date = ratings.date
        and totals.platform = ratings.platform
        and totals.account_id = ratings.account_id
        and totals.campaign_id = ratings.campaign_id
left join {{ ref('stg_campaigns') }} as campaigns
    on
        totals.platform = campaigns.platform
        and totals.account_id = campaigns.account_id
        and totals.campaign_id = campaigns.campaign_id
left join {{ ref('stg_ad_accounts') }} as accounts
    on totals.platform = accounts.platform and totals.account_id = accounts.account_id
