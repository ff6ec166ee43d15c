{%- set budgets = ['daily', 'lifetime'] -%}
-- Several campaigns may share a budget. Each that can spend it has an equal part, the others nothing, so that the parts
-- add up to what there is; where none can spend it all have their part.
with campaigns as (
    select
        campaigns.*,
        coalesce(customers.time_zone, '{{ var("default_time_zone") }}') as time_zone,
        coalesce(campaigns.budget_id, campaigns.campaign_id) as purse,
        case
            when campaigns.status = 'ENABLED' and coalesce(campaigns.primary_status, '') <> 'ENDED' then 1
            else 0
        end as can_spend
    from {{ ref('base_google_ads__campaigns') }} as campaigns
    left join {{ ref('base_google_ads__customers') }} as customers on campaigns.account_id = customers.account_id
),

sharing as (
    select
        *,
        {{ try_local_instant('start_time', 'time_zone') }} as starts_at,
        {{ try_local_instant('end_time', 'time_zone') }} as stops_at,
        can_spend = max(can_spend) over (partition by account_id, purse) as has_part,
        row_number() over (partition by account_id, purse, can_spend order by campaign_id) as place,
        count(*) over (partition by account_id, purse, can_spend) as sharers
    from campaigns
),

-- A part is the rounded running total less the one before. A budget of 0 is none.
parts as (
    select
        *,
        {% for budget in budgets -%}
        case
            when nullif({{ budget }}_budget_micros, 0) is null then null
            when has_part
                then
                    {{ divide(budget ~ '_budget_micros * place', '(sharers * 1000000)', 2) }}
                    - {{ divide(budget ~ '_budget_micros * (place - 1)', '(sharers * 1000000)', 2) }}
            else 0
        end as {{ budget }}_part,
        {% endfor -%}
        {{ days_between(local_date('starts_at', 'time_zone'), last_day_before('stops_at', 'time_zone')) }} + 1 as days
    from sharing
)

select
    account_id,
    campaign_id,
    campaign_name,
    channel_type as objective,
    status as platform_status,
    case
        when daily_part is not null then 'daily'
        when lifetime_part is not null then 'lifetime'
    end as budget_type,
    coalesce(
        daily_part,
        {{ divide('lifetime_part', 'case when days < 1 then 1 else days end', 2) }}
    ) as daily_budget,
    lifetime_part as lifetime_budget,
    starts_at,
    stops_at,
    cast(null as timestamp) as created_at,
    cast(null as timestamp) as updated_at
from parts
