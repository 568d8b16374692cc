# The policy and the second factor.
