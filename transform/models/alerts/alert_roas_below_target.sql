with thresholds as (
    select * from {{ ref('alert_thresholds') }}
    where metric = 'roas_below_target'
),

weeks as (
    select
        *,
        {{ roas() }} as roas
    from {{ ref('stg_campaign_weeks') }}
    where is_running
)

select
    'roas_below_target:' || weeks.platform || ':' || weeks.account_id || ':' || weeks.campaign_id || ':'
    || cast(weeks.last_date as string) as alert_id,
    weeks.last_date as alert_date,
    case when weeks.roas < thresholds.critical then 'critical' else 'warning' end as severity,
    weeks.platform,
    weeks.account_id as shop_id,
    'roas' as metric,
    {{ as_ratio('weeks.roas') }} as value,
    {{ as_ratio('thresholds.warning') }} as expected,
    {{ as_ratio('thresholds.warning') }} as threshold,
    'In the seven days to ' || cast(weeks.last_date as string) || ' campaign '
    || coalesce(weeks.campaign_name, weeks.campaign_id) || ' brought back '
    || cast({{ as_count('round(weeks.roas * 100, 0)') }} as string) || ' % of what it spent.' as message
from weeks
cross join thresholds
where
    weeks.spend_thb >= coalesce(thresholds.min_spend_thb, 0)
    and weeks.roas < thresholds.warning
