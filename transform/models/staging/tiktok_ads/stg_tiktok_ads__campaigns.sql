-- Campaigns have no times: those of their ad groups stand in. Budgets are the campaign's or its ad groups'.
with ad_groups as (
    select
        ad_groups.account_id,
        ad_groups.campaign_id,
        ad_groups.budget,
        ad_groups.budget_mode,
        ad_groups.schedule_starts_at as starts_at,
        -- One that runs on has an end in some far year.
        case when ad_groups.schedule_type = 'SCHEDULE_START_END' then ad_groups.schedule_stops_at end as stops_at,
        ad_groups.operation_status = 'ENABLE'
        and coalesce(ad_groups.secondary_status, '') not like '%DELETE' as is_active,
        coalesce(accounts.time_zone, '{{ var("default_time_zone") }}') as time_zone
    from {{ ref('base_tiktok_ads__ad_groups') }} as ad_groups
    left join {{ ref('base_tiktok_ads__advertisers') }} as accounts on ad_groups.account_id = accounts.account_id
),

budgets_of_ad_groups as (
    select
        *,
        case
            when nullif(budget, 0) is null then null
            when budget_mode in ('BUDGET_MODE_DAY', 'BUDGET_MODE_DYNAMIC_DAILY_BUDGET') then 'daily'
            when budget_mode = 'BUDGET_MODE_TOTAL' then 'lifetime'
        end as budget_type,
        {{ days_between(local_date('starts_at', 'time_zone'), last_day_before('stops_at', 'time_zone')) }} + 1 as days
    from ad_groups
),

of_ad_groups as (
    select
        account_id,
        campaign_id,
        min(starts_at) as starts_at,
        case when count(*) = count(stops_at) then max(stops_at) end as stops_at,
        count(budget_type) as budgets,
        {{ complete_sum(
            "case when not is_active then 0 when budget_type = 'daily' then budget when budget_type = 'lifetime' then "
            ~ divide('budget', 'case when days < 1 then 1 else days end', 2) ~ " end"
        ) }} as daily_budget
    from budgets_of_ad_groups
    group by account_id, campaign_id
),

-- GMV Max has a list of its own; should the other have one of its campaigns, too, its own list is taken.
campaigns as (
    select
        campaigns.account_id,
        campaigns.campaign_id,
        campaigns.campaign_name,
        campaigns.objective,
        campaigns.budget,
        campaigns.budget_mode,
        of_ad_groups.starts_at,
        of_ad_groups.stops_at,
        campaigns.operation_status,
        campaigns.secondary_status,
        campaigns.created_at,
        campaigns.updated_at,
        of_ad_groups.budgets as ad_group_budgets,
        of_ad_groups.daily_budget as ad_group_daily_budget
    from {{ ref('base_tiktok_ads__campaigns') }} as campaigns
    left join of_ad_groups
        on
            campaigns.account_id = of_ad_groups.account_id
            and campaigns.campaign_id = of_ad_groups.campaign_id
    left join {{ ref('base_tiktok_ads__gmv_max_campaigns') }} as gmv_max
        on
            campaigns.account_id = gmv_max.account_id
            and campaigns.campaign_id = gmv_max.campaign_id
    where gmv_max.campaign_id is null
    union all
    select
        account_id,
        campaign_id,
        campaign_name,
        objective,
        budget,
        'BUDGET_MODE_DAY' as budget_mode,
        schedule_starts_at as starts_at,
        case when schedule_type = 'SCHEDULE_START_END' then schedule_stops_at end as stops_at,
        operation_status,
        secondary_status,
        created_at,
        updated_at,
        0 as ad_group_budgets,
        cast(null as {{ decimal_type() }}) as ad_group_daily_budget
    from {{ ref('base_tiktok_ads__gmv_max_campaigns') }}
),

typed as (
    select
        campaigns.*,
        case
            when
                nullif(campaigns.budget, 0) is not null
                and campaigns.budget_mode in ('BUDGET_MODE_DAY', 'BUDGET_MODE_DYNAMIC_DAILY_BUDGET')
                then 'daily'
            when nullif(campaigns.budget, 0) is not null and campaigns.budget_mode = 'BUDGET_MODE_TOTAL' then 'lifetime'
            when campaigns.ad_group_budgets > 0 then 'ad_sets'
        end as budget_type,
        {{ days_between(
            local_date('coalesce(campaigns.starts_at, campaigns.created_at)', 'accounts.time_zone'),
            last_day_before('campaigns.stops_at', 'accounts.time_zone')
        ) }} + 1 as days
    from campaigns
    left join {{ ref('base_tiktok_ads__advertisers') }} as accounts on campaigns.account_id = accounts.account_id
)

select
    account_id,
    campaign_id,
    campaign_name,
    objective,
    case when secondary_status like '%DELETE' then 'DELETE' else operation_status end as platform_status,
    budget_type,
    case budget_type
        when 'daily' then budget
        when 'lifetime' then {{ divide('budget', 'case when days < 1 then 1 else days end', 2) }}
        when 'ad_sets' then ad_group_daily_budget
    end as daily_budget,
    case when budget_type = 'lifetime' then budget end as lifetime_budget,
    starts_at,
    stops_at,
    created_at,
    updated_at
from typed
