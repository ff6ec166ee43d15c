select
    account_id,
    cast(id as string) as campaign_id,
    name as campaign_name,
    campaignobjective as objective,
    configuredstatus as configured_status,
    deliverystatus as delivery_status,
    cast(startdate as timestamp) as starts_at,
    cast(enddate as timestamp) as stops_at,
    cast(createddate as timestamp) as created_at,
    cast(modifieddate as timestamp) as updated_at,
    cast(_sdc_batched_at as timestamp) as loaded_at
from {{ raw_table('raw_line_ads', 'campaigns') }}
