//! Health professions: reads hcRole, knows the HPKI policies, and answers who signs with which qualification.
