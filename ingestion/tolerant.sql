-- How one value becomes a typed one when it is not written as the envelope asks. Each macro gives null where the value does not fit;
-- the caller then keeps the original in `extra`. `json` is a value's JSON text, `said` a string or number as it is written.

create or replace temp macro is_utf8(bytes) as try(decode(bytes)) is not null;

create or replace temp macro is_nested(json) as json[1] in ('{', '[');

-- Strings without their quotes; numbers and booleans as they are written.
create or replace temp macro text_of(json) as
    case when json[1] = '"' then json ->> '$' when not is_nested(json) then json end;

-- Strings and numbers only: a boolean is no number and no time.
create or replace temp macro said_of(json) as
    case when json[1] not in ('t', 'f') then trim(text_of(json)) end;

create or replace temp macro numeral(said) as
    case when regexp_full_match(said, '[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?') then said end;

-- Too large for a double reads as infinity, which is not what was sent.
create or replace temp macro number_of(said) as
    case when isfinite(try_cast(numeral(said) as double)) then try_cast(numeral(said) as double) end;

create or replace temp macro integer_of(said) as
    case when regexp_full_match(said, '[+-]?\d+(\.0*)?') then try_cast(split_part(said, '.', 1) as bigint) end;

create or replace temp macro flag_of(text) as
    case when lower(trim(text)) in ('true', '1') then true when lower(trim(text)) in ('false', '0') then false end;

create or replace temp macro decimal_of(said) as
    coalesce(try_cast(numeral(said) as decimal(20, 6)), try_cast(try_cast(numeral(said) as double) as decimal(20, 6)));

create or replace temp macro decimal_is_whole(said) as
    coalesce(try_cast(numeral(said) as decimal(38, 18)) = decimal_of(said) and length(said) <= 32, false);

-- Epoch seconds, milliseconds, microseconds or nanoseconds, told apart by size: 1e11 seconds would be the year 5138, 1e11 ms is 1973.
create or replace temp macro epoch_microseconds(said) as
    case
        when abs(try_cast(said as double)) < 1e11 then try_cast(said as decimal(28, 9)) * 1000000
        when abs(try_cast(said as double)) < 1e14 then try_cast(said as decimal(28, 9)) * 1000
        when abs(try_cast(said as double)) < 1e17 then try_cast(said as decimal(28, 9))
        when abs(try_cast(said as double)) < 1e19 then try_cast(said as decimal(28, 9)) / 1000
    end;

-- ISO 8601 with Z, an offset, a space or no zone at all (read as UTC); epoch numbers, as numbers or as text.
create or replace temp macro instant_of(said) as
    case
        when regexp_matches(said, '^\d{4}-\d{2}-\d{2}') then try_cast(upper(said) as timestamptz) at time zone 'UTC'
        when numeral(said) is not null then make_timestamp(try_cast(floor(epoch_microseconds(said)) as bigint))
    end;

create or replace temp macro time_of(said) as
    case when instant_of(said) between timestamp '0001-01-01' and timestamp '9999-12-31 23:59:59.999999' then instant_of(said) end;

-- Digits past the microsecond are more than the column can hold.
create or replace temp macro time_is_whole(said) as
    case
        when numeral(said) is null then not regexp_matches(said, '\.\d{6}\d*[1-9]')
        else coalesce(epoch_microseconds(said) = floor(epoch_microseconds(said)), false)
    end;

-- The spelling the envelope asks for, at full speed; any other by the rules above.
create or replace temp macro is_utc_spelling(said) as ends_with(said, 'Z') and strlen(said) <= 27;

create or replace temp macro quick_time_of(said) as
    case when is_utc_spelling(said) then try_cast(said as timestamp) else time_of(trim(said)) end;

create or replace temp macro quick_time_is_whole(said) as
    case when is_utc_spelling(said) then true else time_is_whole(trim(said)) end;

create or replace temp macro strings_of(json) as
    case
        when json[1] = '[' then
            case
                when not list_has_any(try(json_type(json, '$[*]')), ['OBJECT', 'ARRAY', 'NULL'])
                    then to_json(try(json_transform(json, '["VARCHAR"]')))::varchar
            end
        when text_of(json) is not null then to_json([text_of(json)])::varchar
    end;

-- A range is a pair of numbers; the last one may still be open.
create or replace temp macro ranges_of(json) as
    case
        when regexp_full_match(
            replace(json, ' ', ''),
            '\[\]|\[\[-?[\d.eE+-]+(,(-?[\d.eE+-]+|null))?\](,\[-?[\d.eE+-]+(,(-?[\d.eE+-]+|null))?\])*\]'
        ) then json
    end;

create or replace temp macro object_of(json) as
    case
        when json[1] = '{' then json
        when json[1] = '"' and try(json_type(json ->> '$')) = 'OBJECT' then json ->> '$'
    end;

-- One member of `extra`. DuckDB reads NaN and Infinity in JSON; nobody else has to.
create or replace temp macro member(key, json) as
    to_json(key)::varchar || ':' || case
        when json is null then 'null'
        when regexp_matches(json, '^[-+]?[nNiI]') and json <> 'null' then to_json(json)::varchar
        else json
    end;
