-- What the loader left is as the tap sent it, before anything is made of it.
{{ checked([
  'stg_wix__accounts', 'stg_wix__users', 'stg_wix__assignments', 'stg_wix__invites', 'stg_wix__invite_assignments',
  'stg_wix__roles', 'stg_wix__sites', 'stg_wix__folders', 'stg_wix__site_contributors',
  'stg_wix__site_contributor_roles', 'stg_wix__change_log', 'stg_wix__snapshots', 'stg_wix__receipt_chain',
  'stg_wix__receipt_forks',
]) }}
