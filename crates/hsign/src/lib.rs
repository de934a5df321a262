//! Signs clinical documents with Japan's healthcare PKI and verifies who signed with which qualification.
