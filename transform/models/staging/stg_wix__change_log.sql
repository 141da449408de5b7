{{ stage('change_log') }}
