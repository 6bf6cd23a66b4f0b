-- How one JSON value, given as its JSON text, becomes a typed one when it is not written as the envelope asks.
-- Every macro gives null where the value does not fit; the caller then keeps the original in `extra`.

create or replace temp macro is_utf8(bytes) as try(decode(bytes)) is not null;

create or replace temp macro is_nested(json) as json[1] in ('{', '[');

-- Strings without their quotes; numbers and booleans as they are written.
create or replace temp macro text_of(json) as
    case when json[1] = '"' then json ->> '$' when not is_nested(json) then json end;

create or replace temp macro numeral_of(json) as
    case when json[1] not in ('t', 'f') and regexp_full_match(trim(text_of(json)), '[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?') then trim(text_of(json)) end;

-- Too large for a double gives infinity there, which is not what was sent.
create or replace temp macro number_of(json) as
    case when isfinite(try_cast(numeral_of(json) as double)) then try_cast(numeral_of(json) as double) end;

create or replace temp macro integer_of(json) as
    case when regexp_full_match(numeral_of(json), '[+-]?\d+(\.0*)?') then try_cast(split_part(numeral_of(json), '.', 1) as bigint) end;

create or replace temp macro flag_of(json) as
    case when lower(trim(text_of(json))) in ('true', '1') then true when lower(trim(text_of(json))) in ('false', '0') then false end;

create or replace temp macro decimal_of(json) as
    coalesce(try_cast(numeral_of(json) as decimal(20, 6)), try_cast(try_cast(numeral_of(json) as double) as decimal(20, 6)));

create or replace temp macro decimal_is_whole(json) as
    try_cast(numeral_of(json) as decimal(38, 18)) = decimal_of(json) and length(numeral_of(json)) <= 32;

-- Epoch seconds, milliseconds, microseconds or nanoseconds, told apart by size: 1e11 seconds would be the year 5138, 1e11 ms is 1973.
create or replace temp macro epoch_microseconds(json) as
    case
        when abs(try_cast(numeral_of(json) as double)) < 1e11 then try_cast(numeral_of(json) as decimal(28, 9)) * 1000000
        when abs(try_cast(numeral_of(json) as double)) < 1e14 then try_cast(numeral_of(json) as decimal(28, 9)) * 1000
        when abs(try_cast(numeral_of(json) as double)) < 1e17 then try_cast(numeral_of(json) as decimal(28, 9))
        when abs(try_cast(numeral_of(json) as double)) < 1e19 then try_cast(numeral_of(json) as decimal(28, 9)) / 1000
    end;

create or replace temp macro instant_of(json) as
    case
        when numeral_of(json) is not null then make_timestamp(try_cast(floor(epoch_microseconds(json)) as bigint))
        when regexp_matches(trim(text_of(json)), '^\d{4}-\d{2}-\d{2}')
            then try_cast(upper(trim(text_of(json))) as timestamptz) at time zone 'UTC'
    end;

create or replace temp macro time_of(json) as
    case when instant_of(json) between timestamp '0001-01-01' and timestamp '9999-12-31 23:59:59.999999' then instant_of(json) end;

-- Digits past the microsecond are more than the column can hold.
create or replace temp macro time_is_whole(json) as
    case
        when numeral_of(json) is not null then epoch_microseconds(json) = floor(epoch_microseconds(json))
        else not regexp_matches(text_of(json), '\.\d{6}\d*[1-9]')
    end;

create or replace temp macro strings_of(json) as
    case
        when json[1] = '[' then
            case when not list_has_any(try(json_type(json, '$[*]')), ['OBJECT', 'ARRAY', 'NULL']) then to_json(try(json_transform(json, '["VARCHAR"]')))::varchar end
        when text_of(json) is not null then to_json([text_of(json)])::varchar
    end;

-- A range is a pair of numbers; the last one may still be open.
create or replace temp macro ranges_of(json) as
    case when regexp_full_match(replace(json, ' ', ''), '\[\]|\[\[-?[\d.eE+-]+(,(-?[\d.eE+-]+|null))?\](,\[-?[\d.eE+-]+(,(-?[\d.eE+-]+|null))?\])*\]') then json end;

create or replace temp macro object_of(json) as
    case
        when json[1] = '{' then json
        when json[1] = '"' and try(json_type(json ->> '$')) = 'OBJECT' then json ->> '$'
    end;
