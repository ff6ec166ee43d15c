-- Exports name no lines of refunds.
select
    cast(null as string) as shop_id,
    cast(null as string) as return_id,
    cast(null as string) as order_id,
    cast(null as bigint) as line_number,
    cast(null as string) as product_id,
    cast(null as string) as variant_id,
    cast(null as bigint) as quantity,
    cast(null as {{ decimal_type() }}) as list_value
from (select 1 as nothing) as nowhere
where nothing = 0
