"""What a net is made of: trunks, encoders, heads, gradient reversal. How heads share them is `model.sharing`."""
