with thresholds as (
    select * from {{ ref('alert_thresholds') }}
    where metric = 'cpa_over_limit'
),

-- Without any conversion all that was spent is the least that the first one will have cost.
weeks as (
    select
        *,
        {{ divide('spend_thb', 'case when conversions < 1 then 1 else conversions end', 2) }} as cpa_thb
    from {{ ref('stg_campaign_weeks') }}
    where is_running
)

select
    'cpa_over_limit:' || weeks.platform || ':' || weeks.account_id || ':' || weeks.campaign_id || ':'
    || cast(weeks.last_date as string) as alert_id,
    weeks.last_date as alert_date,
    case when weeks.cpa_thb > thresholds.critical then 'critical' else 'warning' end as severity,
    weeks.platform,
    weeks.account_id as shop_id,
    'cpa' as metric,
    {{ as_ratio('weeks.cpa_thb') }} as value,
    {{ as_ratio('thresholds.warning') }} as expected,
    {{ as_ratio('thresholds.warning') }} as threshold,
    'In the seven days to ' || cast(weeks.last_date as string) || ' campaign '
    || coalesce(weeks.campaign_name, weeks.campaign_id) || ' spent '
    || cast({{ as_count('round(weeks.cpa_thb, 0)') }} as string)
    || ' baht ' || case when weeks.conversions = 0 then 'without a' else 'for each' end || ' conversion.' as message
from weeks
cross join thresholds
where
    weeks.spend_thb >= coalesce(thresholds.min_spend_thb, 0)
    and weeks.cpa_thb > thresholds.warning
