"""The command line before a person: tables, an enrolment's QR, the page to which a sign-in comes back."""
