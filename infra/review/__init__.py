"""What a person reads before a request is accepted: the difference, the decision sheet, the forge's comment."""
