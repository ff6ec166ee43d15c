-- LINE says nothing of fees.
select
    cast(null as string) as shop_id,
    cast(null as string) as order_id,
    cast(null as string) as fee_type,
    cast(null as {{ decimal_type() }}) as fee_amount
from (select 1 as nothing) as nowhere
where nothing = 0
