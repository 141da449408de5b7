{{ stage('site_contributors') }}
