{{ receipt_chain() }}
