# La política y el segundo factor.
