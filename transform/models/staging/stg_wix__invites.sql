{{ stage('invites') }}
