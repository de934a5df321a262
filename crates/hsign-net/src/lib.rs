//! The only crate that speaks HTTP: time-stamp authorities, CRLs, OCSP and CA certificates.
