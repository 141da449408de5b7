{{ stage('sites') }}
