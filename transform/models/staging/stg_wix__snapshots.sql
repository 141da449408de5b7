{{ stage('snapshots') }}
