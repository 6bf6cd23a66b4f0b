-- Where records name people. `keyed_hash` is HMAC-SHA256 (RFC 2104) with the installation's key, whose pads `identity.prepare` sets.

create or replace temp macro keyed_hash(said) as
    sha256(getvariable('outer_pad')::blob || unhex(sha256(getvariable('inner_pad')::blob || encode(said))));

-- A name that stands for an id. The same id gives the same name in every file, so that what belongs together stays together.
create or replace temp macro pseudonym_of(id) as 'p-' || left(keyed_hash('pseudonym:' || id), 32);

-- The strings of a JSON text, keys included; a slash may be written as \/.
create or replace temp macro strings_in(json) as
    list_transform(regexp_extract_all(coalesce(json, ''), '"((?:[^"\\]|\\.)*)"', 1), lambda said: replace(said, '\/', '/'));

-- The words of a text of any format: what stands between blanks, quotes and the marks of CSV, JSON and URLs.
create or replace temp macro words_in(said) as
    regexp_extract_all(coalesce(said, ''), '[^\s"'',;?&=#/\\<>(){}\[\]|]+');

create or replace temp macro addresses_in(said) as
    regexp_extract_all(lower(replace(coalesce(said, ''), '%40', '@')), '[a-z0-9._%+''-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)+');

-- All ways in which an xAPI actor is named: a learning record store and the staging models choose one of them.
create or replace temp macro names_of_actor(statement) as
    list_value(
        json_extract_string(statement, '$.actor.account.homePage') || '#' || json_extract_string(statement, '$.actor.account.name'),
        json_extract_string(statement, '$.actor.account.name'),
        json_extract_string(statement, '$.actor.mbox'),
        json_extract_string(statement, '$.actor.mbox_sha1sum'),
        json_extract_string(statement, '$.actor.openid')
    );
