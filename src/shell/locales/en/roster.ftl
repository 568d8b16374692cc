# Enrolment and teams: what is said and what is answered.
