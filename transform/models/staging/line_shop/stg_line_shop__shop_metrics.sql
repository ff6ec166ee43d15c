-- LINE does not rate shops.
select
    cast(null as string) as shop_id,
    cast(null as date) as snapshot_date,
    cast(null as string) as metric_id,
    cast(null as string) as metric_name,
    cast(null as string) as metric_group,
    cast(null as boolean) as is_group,
    cast(null as bigint) as shop_rating,
    cast(null as {{ decimal_type() }}) as current_value,
    cast(null as {{ decimal_type() }}) as previous_value,
    cast(null as string) as unit,
    cast(null as {{ decimal_type() }}) as target_value,
    cast(null as string) as target_comparator,
    cast(null as boolean) as is_failing
from (select 1 as nothing) as nowhere
where nothing = 0
