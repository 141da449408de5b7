{#-
  One query for the checks of many models: what each model's description lists under `config.meta.checks`. A test of its
  own for each costs more than all of them together. Each check that fails is named, with its columns. `also`
  are models that a check compares with.
-#}
{% macro checked(names, also=[]) %}
{%- set relations = {} -%}
{%- for name in names -%}
  {%- do relations.update({name: ref(name)}) -%}
{%- endfor -%}
{%- for name in also -%}
  {%- do ref(name) -%}
{%- endfor -%}
{%- set queries, before = [], [] -%}
{%- set is_asked = flags.WHICH in ('build', 'test') -%}
{%- if execute -%}
  {%- for node in graph.nodes.values() if node.name in relations and node.package_name == model.package_name -%}
    {%- set of_model = [] -%}
    {#- Who builds some of the models alone has not all of them. -#}
    {%- set stored = load_relation(relations[node.name]) if is_asked -%}
    {%- set asked = relations[node.name] -%}
    {%- if stored and stored.is_view -%}
      {%- set asked = adapter.dispatch('rows_to_check', 'wix_access')(asked, node, before) -%}
    {%- endif -%}
    {%- for check in node.config.meta.checks -%}
      {%- set kind = check.keys() | list | first -%}
      {%- set is_there = not is_asked or (stored and (not check.needs or load_relation(relations[check.needs]))) -%}
      {%- if kind not in var('unchecked') and is_there -%}
        {%- set columns = check.column or check[kind] -%}
        {%- set columns = columns if columns is string else columns | join(', ') if columns is sequence else '' -%}
        {%- set failing = context['check_' ~ kind](asked, check) -%}
        {%- do of_model.append("select '" ~ node.name ~ "' as model_name, '" ~ kind ~ "' as check_name, '" ~ columns
          ~ "' as column_names, count(*) as failures from (" ~ failing ~ ") as failing having count(*) > 0") -%}
      {%- endif -%}
    {%- endfor -%}
    {%- if of_model -%}
      {%- do queries.append(of_model | join('\nunion all\n')) -%}
    {%- endif -%}
  {%- endfor -%}
{%- endif -%}
{%- if is_asked and queries -%}
  {#- Asked here: dbt itself counts rows, and does not tell which check failed. -#}
  {%- set failed = adapter.dispatch('failed_checks', 'wix_access')(before, queries) -%}
  {%- for row in failed -%}
    {%- do log('Check failed: ' ~ row[0] ~ ' ' ~ row[1] ~ ' (' ~ row[2] ~ '): ' ~ row[3] ~ ' rows', info=true) -%}
  {%- endfor -%}
select 1 as failures {{ 'union all select 1 ' * (failed | length - 1) if failed else 'where 1 = 0' }}
{%- else -%}
{{ queries | join('\nunion all\n') or 'select 1 as failures where 1 = 0' }}
{%- endif -%}
{% endmacro %}

{#- The rows of all queries, asked a model at a time. -#}
{% macro default__failed_checks(before, queries) %}
{%- set failed = [] -%}
{%- for query in queries -%}
  {%- do failed.extend(run_query(query).rows) -%}
{%- endfor -%}
{{ return(failed) }}
{% endmacro %}
{#- The same in DuckDB, sent at once: what dbt does with each query costs more than its answer. -#}
{% macro duckdb__failed_checks(before, queries) %}
{%- set statements = before + ['create or replace temp table wix_failed_checks as ' ~ queries[0]] -%}
{%- for query in queries[1:] -%}
  {%- do statements.append('insert into wix_failed_checks ' ~ query) -%}
{%- endfor -%}
{%- call statement('checks') -%}{{ statements | join(';\n') }}{%- endcall -%}
{{ return(run_query('from wix_failed_checks').rows) }}
{% endmacro %}

{#-
  What the checks of a view are asked of: in DuckDB its keys, worked out once and not for each check, by a statement that
  is to be sent before.
-#}
{% macro default__rows_to_check(relation, node, before) %}{{ return(relation) }}{% endmacro %}
{% macro duckdb__rows_to_check(relation, node, before) %}
{%- set columns = [] -%}
{%- for check in node.config.meta.checks if check.unique -%}
  {%- for name in check.unique + (['is_current'] if check.where else []) if name not in columns -%}
    {%- do columns.append(name) -%}
  {%- endfor -%}
{%- endfor -%}
{%- set keys = api.Relation.create(identifier='wix_checked_' ~ node.alias) -%}
{%- do before.append('create or replace temp table ' ~ keys ~ ' as select ' ~ columns | join(', ') ~ ' from ' ~ relation) -%}
{{ return(keys) }}
{% endmacro %}

{#- Comes first: what is made of the tables is made once they were checked. -#}
{% macro after_loading() -%}
-- depends_on: {{ ref('stg_wix__accounts') }} {{ ref('stg_wix__users') }} {{ ref('stg_wix__assignments') }}
-- depends_on: {{ ref('stg_wix__invites') }} {{ ref('stg_wix__invite_assignments') }} {{ ref('stg_wix__roles') }}
-- depends_on: {{ ref('stg_wix__sites') }} {{ ref('stg_wix__folders') }} {{ ref('stg_wix__site_contributors') }}
-- depends_on: {{ ref('stg_wix__site_contributor_roles') }} {{ ref('stg_wix__change_log') }}
-- depends_on: {{ ref('stg_wix__snapshots') }} {{ ref('stg_wix__receipt_chain') }} {{ ref('stg_wix__receipt_forks') }}
{%- endmacro %}

{#- No two rows have the same values in these columns. -#}
{% macro check_unique(model, check) %}
select {{ check.unique | join(', ') }} from {{ model }}
{% if check.where %}where {{ check.where }}{% endif %}
group by {{ check.unique | join(', ') }} having count(*) > 1
{% endmacro %}

{#- No row is without a value in this column. -#}
{% macro check_not_null(model, check) %}
select {{ check.not_null }} from {{ model }} where {{ check.not_null }} is null
{% endmacro %}

{#- Each value of a column is in another model. -#}
{% macro check_refers_to(model, check) %}
select referring.{{ check.column }} from {{ model }} as referring
left join {{ ref(check.refers_to) }} as referred on referred.{{ check.column }} = referring.{{ check.column }}
where referring.{{ check.column }} is not null and referred.{{ check.column }} is null
{% endmacro %}

{#- A column has no other values than these. -#}
{% macro check_accepted(model, check) %}
select {{ check.column }} from {{ model }} where {{ check.column }} not in ('{{ check.accepted | join("', '") }}')
{% endmacro %}

{#-
  Every grant belongs to a person who is there. Only where the tables of both were last read completely: a table that
  was not selected, or that failed, is no fault of the warehouse's.
-#}
{% macro check_belongs_to_person(model, check) %}
select grants.account_id, grants.stream_name, grants.record_key, grants.person_id
from {{ model }} as grants
join {{ ref('wix__latest_receipts') }} as receipts
  on receipts.account_id = grants.account_id and receipts.is_complete
  and receipts.stream_name = case grants.person_type
    when 'member' then 'users' when 'invite' then 'invites' else 'site_contributors' end
join {{ ref('wix__latest_receipts') }} as own
  on own.account_id = grants.account_id and own.stream_name = grants.stream_name and own.is_complete
left join {{ ref('wix__people') }} as people
  on people.account_id = grants.account_id and people.person_type = grants.person_type
  and people.person_id = grants.person_id
where people.person_id is null
{% endmacro %}

{#-
  The review is complete: all that is current in the tables of grants is in it, but for invites that cannot be accepted
  any more and roles of outside accounts that are gone from the site; and so is the owner of every account.
-#}
{% macro check_one_row_per_grant(model, check) %}
with wanted as (
  select account_id, 'assignments' as stream_name, count(*) as row_count
  from {{ ref('stg_wix__assignments') }} where is_current group by account_id
  union all
  select held.account_id, 'invite_assignments', count(*)
  from {{ ref('stg_wix__invite_assignments') }} as held
  join {{ ref('int_wix__people_ever') }} as people
    on people.account_id = held.account_id and people.person_id = held.invite_id and people.person_type = 'invite'
    and people.is_current
  where held.is_current group by held.account_id
  union all
  select held.account_id, 'site_contributor_roles', count(*)
  from {{ ref('stg_wix__site_contributor_roles') }} as held
  left join ({{ roles_unread() }}) as unread on unread.account_id = held.account_id
  left join {{ ref('stg_wix__site_contributors') }} as working
    on working.account_id = held.account_id and working.site_id = held.site_id
    and working.contributor_account_id = held.contributor_account_id and working.is_current
  where held.is_current and (unread.account_id is null or working.account_id is not null)
  group by held.account_id
), found as (
  select account_id, stream_name, count(*) as row_count
  from {{ model }} where stream_name not in ('site_contributors', 'accounts') group by account_id, stream_name
)
select coalesce(wanted.account_id, found.account_id) as account_id,
  coalesce(wanted.stream_name, found.stream_name) as stream_name, wanted.row_count as wanted, found.row_count as found
from wanted
full outer join found on found.account_id = wanted.account_id and found.stream_name = wanted.stream_name
where coalesce(wanted.row_count, 0) <> coalesce(found.row_count, 0)
union all
select accounts.account_id, 'accounts', 1, 0
from {{ ref('int_wix__accounts') }} as accounts
left join {{ model }} as review
  on review.account_id = accounts.account_id and review.person_type = 'member'
  and review.person_id = accounts.owner_user_id and review.role_id = {{ owner_role() }} and review.via = 'account'
where accounts.owner_user_id is not null and review.account_id is null
union all
select works.account_id, 'site_contributors', 1, 0
from {{ ref('stg_wix__site_contributors') }} as works
left join {{ model }} as review
  on review.account_id = works.account_id and review.person_type = 'contributor'
  and review.person_id = works.contributor_account_id and review.asset_id = works.site_id
where works.is_current and review.account_id is null
{% endmacro %}

{#-
  The rows that are current are the ones that the receipt says were read: as many, and with the same keys. A loader that
  drops a row, or keeps one in place of another, is caught.
  Only where the newest read is complete: after any other, the rows are provisional, and the finding `incomplete_read`
  says so. Receipts of release 0.1.0 hold another digest: of them the number of rows is compared alone.
-#}
{% macro check_rows_match_receipt(model, check) %}
with receipt as (
  select account_id, snapshot_at, row_count, digest, status,
    row_number() over (partition by account_id order by snapshot_at desc) as place
  from {{ ref('stg_wix__snapshots') }}
  where stream_name = '{{ check.rows_match_receipt }}'
), stored as (
  select account_id, count(*) as stored_count, {{ key_digest(wix_record_key(check.rows_match_receipt, 'entity')) }} as stored_digest
  from {{ model }} as entity where is_current group by account_id
)
select receipt.account_id, receipt.snapshot_at, receipt.row_count, coalesce(stored.stored_count, 0) as stored_count,
  receipt.digest, stored.stored_digest
from receipt
left join stored on stored.account_id = receipt.account_id
where receipt.place = 1 and receipt.status = 'complete' and (
  receipt.row_count <> coalesce(stored.stored_count, 0)
  or (receipt.digest like '%-%-%-%' and receipt.digest <> coalesce(stored.stored_digest, '0-0-0-0'))
)
{% endmacro %}
