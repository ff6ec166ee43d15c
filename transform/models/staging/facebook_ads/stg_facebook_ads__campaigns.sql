-- Budgets come in minor units: a hundredth of the currency, but for a few currencies the whole unit.
with accounts as (
    select
        account_id,
        coalesce(time_zone, '{{ var("default_time_zone") }}') as time_zone,
        case
            when
                currency in ('CLP', 'COP', 'CRC', 'HUF', 'IDR', 'ISK', 'JPY', 'KRW', 'PYG', 'TWD', 'VND')
                then 1
            else 100
        end as minor_units
    from {{ ref('base_facebook_ads__ad_accounts') }}
),

owners as (
    {% for owner in ['campaign', 'adset'] -%}
    select
        '{{ owner }}' as owner,
        owners.account_id,
        owners.campaign_id,
        owners.{{ owner }}_id as owner_id,
        coalesce(owners.configured_status, owners.status) = 'ACTIVE' as is_active,
        nullif(owners.daily_budget, 0) as daily_minor,
        nullif(owners.lifetime_budget, 0) as lifetime_minor,
        accounts.minor_units,
        {{ days_between(
            local_date('coalesce(owners.starts_at, owners.created_at)', 'accounts.time_zone'),
            last_day_before('owners.stops_at', 'accounts.time_zone')
        ) }} + 1 as days
    from {{ ref('base_facebook_ads__' ~ owner ~ 's') }} as owners
    inner join accounts on owners.account_id = accounts.account_id
    {{ 'union all' if not loop.last }}
    {% endfor -%}
),

-- A budget for the whole life is spread evenly over its days.
budgets as (
    select
        owner,
        account_id,
        campaign_id,
        owner_id,
        is_active,
        case
            when daily_minor is not null then 'daily'
            when lifetime_minor is not null then 'lifetime'
        end as budget_type,
        {{ divide('lifetime_minor', 'minor_units', 2) }} as lifetime_budget,
        coalesce(
            {{ divide('daily_minor', 'minor_units', 2) }},
            {{ divide('lifetime_minor', '(minor_units * case when days < 1 then 1 else days end)', 2) }}
        ) as daily_budget
    from owners
),

of_ad_sets as (
    select
        account_id,
        campaign_id,
        {{ complete_sum('case when is_active then daily_budget else 0 end') }} as daily_budget
    from budgets
    where owner = 'adset'
    group by account_id, campaign_id
    having count(budget_type) > 0
)

select
    campaigns.account_id,
    campaigns.campaign_id,
    campaigns.campaign_name,
    campaigns.objective,
    coalesce(campaigns.effective_status, campaigns.status) as platform_status,
    coalesce(budgets.budget_type, case when of_ad_sets.campaign_id is not null then 'ad_sets' end) as budget_type,
    case
        when budgets.budget_type is null then of_ad_sets.daily_budget
        else budgets.daily_budget
    end as daily_budget,
    budgets.lifetime_budget,
    campaigns.starts_at,
    campaigns.stops_at,
    campaigns.created_at,
    campaigns.updated_at
from {{ ref('base_facebook_ads__campaigns') }} as campaigns
left join budgets
    on
        budgets.owner = 'campaign'
        and campaigns.account_id = budgets.account_id
        and campaigns.campaign_id = budgets.owner_id
left join of_ad_sets
    on
        campaigns.account_id = of_ad_sets.account_id
        and campaigns.campaign_id = of_ad_sets.campaign_id
