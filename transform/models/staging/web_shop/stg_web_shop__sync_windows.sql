-- Files come with no ledger: nobody knows what an export leaves out.
select
    cast(null as string) as run_id,
    cast(null as string) as stream,
    cast(null as string) as shop_id,
    cast(null as timestamp) as window_start,
    cast(null as timestamp) as window_end,
    cast(null as string) as status,
    cast(null as bigint) as records,
    cast(null as bigint) as rejected_records,
    cast(null as bigint) as platform_total,
    cast(null as bigint) as requests,
    cast(null as bigint) as retries,
    cast(null as {{ decimal_type() }}) as seconds_throttled,
    cast(null as timestamp) as started_at,
    cast(null as timestamp) as finished_at,
    cast(null as string) as error
from (select 1 as nothing) as nowhere
where nothing = 0
