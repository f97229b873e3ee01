"""What people want to pay: behaviour, and the tape on which its randomness is drawn ahead."""
