//! CMS SignedData read without ever re-encoding what was signed, ESS and generic attributes, and building.
