"""Skills from a desk: what a shipped trunk makes of rows, and a skill's graphs made into one that devices take."""
