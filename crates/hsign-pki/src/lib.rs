//! Certification paths by RFC 5280 at a given time, revocation, and anchors trusted from a date to a date.
