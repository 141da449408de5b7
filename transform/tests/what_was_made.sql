-- The answers, what they are made of, and what people wrote in seeds.
{{ checked([
  'wix__controls', 'wix__finding_rules', 'wix__free_mail_domains', 'int_wix__accounts', 'int_wix__grant_rows',
  'int_wix__grant_versions', 'int_wix__people_ever', 'int_wix__receipts', 'int_wix__role_meanings', 'int_wix__roles',
  'int_wix__sites', 'int_wix__versions', 'wix__access_changes', 'wix__access_facets', 'wix__access_grants',
  'wix__access_history', 'wix__access_reach', 'wix__access_reach_history', 'wix__access_review', 'wix__days', 'wix__findings',
  'wix__findings_by_control', 'wix__latest_receipts', 'wix__leavers_access', 'wix__months', 'wix__people',
  'wix__persons', 'wix__review_decisions', 'wix__review_items', 'wix__review_progress',
], also=[
  'stg_wix__assignments', 'stg_wix__invite_assignments', 'stg_wix__site_contributor_roles', 'stg_wix__site_contributors',
]) }}
