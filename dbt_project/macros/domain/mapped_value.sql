{# The text that a record holds under the key that a mapping seed names, below the keys of `folder` (expressions); of several keys, `a|b|c`, the
   first that holds anything. At most three. An empty cell of a seed, or an event that the seed does not know, costs nothing and has no value. #}
{% macro mapped_value(json, folder, keys) -%}
    case
        when {{ keys }} is not null
            then coalesce(
                {% for place in [1, 2, 3] -%}
                    {{ json_value_at(json, folder + ["nullif(split_part(" ~ keys ~ ", '|', " ~ place ~ "), '')"]) }}{{ ',' if not loop.last }}
                {% endfor -%}
            )
    end
{%- endmacro %}
