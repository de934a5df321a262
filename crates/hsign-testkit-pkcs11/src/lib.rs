//! Development only: a PKCS#11 module that behaves as the HPKI card guideline says.
