{{ stage('invite_assignments') }}
