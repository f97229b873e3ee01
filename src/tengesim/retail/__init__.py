"""What people want to pay: behaviour, and the tape on which all of its randomness is drawn ahead."""
