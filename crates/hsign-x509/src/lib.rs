//! Certificates, CRLs, OCSP responses and their extensions, hcRole included: reading only.
