{{ receipt_forks() }}
