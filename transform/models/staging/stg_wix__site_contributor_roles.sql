{{ stage('site_contributor_roles') }}
