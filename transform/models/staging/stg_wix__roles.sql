{{ stage('roles') }}
