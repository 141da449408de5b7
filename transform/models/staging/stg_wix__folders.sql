{{ stage('folders') }}
