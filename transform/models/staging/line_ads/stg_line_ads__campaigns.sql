-- Budgets are those of ad groups, in millionths of the currency.
with of_ad_groups as (
    select
        account_id,
        campaign_id,
        {{ complete_sum("case when configured_status = 'ACTIVE' then nullif(daily_budget_micro, 0) else 0 end") }}
            as daily_budget_micro
    from {{ ref('base_line_ads__adgroups') }}
    group by account_id, campaign_id
    having count(nullif(daily_budget_micro, 0)) > 0
)

select
    campaigns.account_id,
    campaigns.campaign_id,
    campaigns.campaign_name,
    campaigns.objective,
    campaigns.configured_status as platform_status,
    case when of_ad_groups.campaign_id is not null then 'ad_sets' end as budget_type,
    {{ divide('of_ad_groups.daily_budget_micro', '1000000', 2) }} as daily_budget,
    cast(null as {{ decimal_type() }}) as lifetime_budget,
    campaigns.starts_at,
    -- The beginning of 1970, in whatever zone, is how LINE writes that there is no end.
    case when campaigns.stops_at >= timestamp '1971-01-01 00:00:00' then campaigns.stops_at end as stops_at,
    campaigns.created_at,
    campaigns.updated_at
from {{ ref('base_line_ads__campaigns') }} as campaigns
left join of_ad_groups
    on
        campaigns.account_id = of_ad_groups.account_id
        and campaigns.campaign_id = of_ad_groups.campaign_id
